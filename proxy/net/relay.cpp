#include "net/relay.hpp"

#include "net/event.hpp"
#include "net/now.hpp"
#include "net/splice_pipe.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace ambassador::net {
namespace asio = boost::asio;

namespace {

constexpr auto never = SteadyTime::max();

/// One direction, and what it means when one of its ends fails.
struct Way {
  Stream& from;
  Stream& to;
  std::uint64_t& count;
  Side source;
  RelayEnd from_failed;
  RelayEnd to_failed;
};

/// Both directions of one tunnel, and when it last moved.
struct Tunnel {
  Stream& client;
  Stream& upstream;
  Scratch scratch;
  RelayOptions const& options;
  Relayed result;
  Event upstream_done;
  SteadyTime idle_until = never;
  SteadyTime head_until = never;
  bool head_passed = false;  ///< the time for the first bytes
  bool failed = false;

  void moved() {
    if (options.traffic != nullptr) ++options.traffic->pieces;
    if (options.idle.count() == 0) return;
    idle_until = now() + options.idle;
    arm();
  }

  void begin_head() {
    if (options.head.count() == 0 || head_passed || head_until != never) return;
    head_until = now() + options.head;
    arm();
  }

  void arm() {
    arm(client, std::min(idle_until, head_until));
    arm(upstream, idle_until);
  }

  static void arm(Stream& stream, SteadyTime when) {
    if (when == never) return stream.never_expires();
    stream.expires_at(when);
  }

  /// After a wait: whether it was ended by a time that passed, and by which.
  void check_time(Stream const& stream) {
    if (!stream.expired()) return;
    if (&stream != &client || idle_until <= head_until) return fail(RelayEnd::idle);
    head_passed = true;  // means nothing once they have been judged
    head_until = never;
    arm();
  }

  void ended(Side side) {
    if (!result.first_end) result.first_end = side;
  }

  void fail(RelayEnd end) {
    if (!failed) result.end = end;
    failed = true;
    if (end == RelayEnd::client_failed) ended(Side::client);
    if (end == RelayEnd::upstream_failed) ended(Side::upstream);
    client.cancel();
    upstream.cancel();
  }
};

/// Whether one direction is worth a pipe: large pieces, one after the other.
class Bulk {
 public:
  void moved(std::size_t piece) noexcept { run_ = piece < bulk_piece_bytes ? 0 : run_ + piece; }
  void begin_again() noexcept { run_ = 0; }
  [[nodiscard]] explicit operator bool() const noexcept { return run_ >= bulk_bytes; }

 private:
  std::size_t run_ = 0;  ///< bytes
};

/// What `to` did not take at once. The idle time is the tunnel's: bytes the other way prolong it.
Task<void> send_rest(Tunnel& tunnel, Way& way, std::string rest) {
  std::string_view left = rest;
  while (!left.empty() && !tunnel.failed) {
    auto const sent = way.to.write_some(left);
    left.remove_prefix(sent.bytes);
    if (sent.bytes != 0) tunnel.moved();
    if (!sent.code) continue;
    if (!sent.blocked()) co_return tunnel.fail(way.to_failed);
    co_await way.to.writable();
    tunnel.check_time(way.to);
  }
}

/// The same of what is in a pipe.
Task<void> send_rest(Tunnel& tunnel, Way& way, SplicePipes::Lease pipe) {
  while (pipe->bytes() != 0 && !tunnel.failed) {
    auto const sent = way.to.splice_from(*pipe);
    if (sent.bytes != 0) tunnel.moved();
    if (!sent.code) continue;
    if (cannot_splice(sent.code)) {
      co_await send_rest(tunnel, way, std::string{pipe->read(tunnel.scratch)});
    } else if (sent.blocked()) {
      co_await way.to.writable();
      tunnel.check_time(way.to);
    } else {
      tunnel.fail(way.to_failed);
    }
  }
}

/// Lends a pipe while bytes are in it. Nothing where there is none, or nothing can be said of `from` in this way: ask by
/// reading.
Task<std::optional<Io>> splice_piece(Tunnel& tunnel, Way& way) {
  auto pipe = SplicePipes::of(way.from.executor()).take();
  if (!pipe) co_return std::nullopt;
  auto const io = way.from.splice_to(**pipe);
  if (cannot_splice(io.code) || (!io.code && io.bytes == 0)) co_return std::nullopt;
  if (io.bytes == 0) co_return io;
  way.count += io.bytes;
  tunnel.moved();
  co_await send_rest(tunnel, way, std::move(*pipe));
  co_return io;
}

/// No read before something is announced: it would find nothing. TLS has read more than it gave, and is asked.
bool is_quiet(Stream const& from) noexcept { return from.tls() == nullptr && !from.has_shown_input(); }

/// One direction, until its end has been passed on or the tunnel has failed.
Task<void> pump(Tunnel& tunnel, Way& way) {
  Bulk bulk;
  std::size_t pieces = 0;  // of this turn
  while (!tunnel.failed) {
    if (pieces >= pieces_at_once) {
      pieces = 0;
      co_await asio::post(way.from.executor(), awaiting);
    }
    if (is_quiet(way.from)) {
      co_await way.from.readable();
      tunnel.check_time(way.from);
      continue;
    }
    std::optional<Io> spliced;
    if (bulk && tunnel.options.may_splice) {
      spliced = co_await splice_piece(tunnel, way);
      if (!spliced) bulk.begin_again();
    }
    auto const io = spliced ? *spliced : way.from.read_some(tunnel.scratch.data(), tunnel.scratch.size());
    if (io.ended()) {
      tunnel.ended(way.source);
      way.to.shutdown_send();
      co_return;
    }
    if (io.blocked()) {
      co_await way.from.readable();
      tunnel.check_time(way.from);
      continue;
    }
    if (io.code) co_return tunnel.fail(way.from_failed);
    pieces += 1 + io.bytes / tunnel.scratch.size();
    bulk.moved(io.bytes);
    if (spliced) continue;
    way.count += io.bytes;
    tunnel.moved();
    auto const sent = way.to.write_some({tunnel.scratch.data(), io.bytes});
    if (sent.code && !sent.blocked()) co_return tunnel.fail(way.to_failed);
    if (sent.bytes == io.bytes) continue;
    co_await send_rest(tunnel, way, std::string{tunnel.scratch.data() + sent.bytes, io.bytes - sent.bytes});
  }
}

/// What is said of the client's first bytes once there will be no more of them, or no more are waited for.
void judge_at_last(Tunnel& tunnel, std::string_view bytes) {
  auto const verdict = tunnel.options.first_bytes(bytes, true);
  if (verdict == Verdict::pass) return;
  tunnel.fail(verdict == Verdict::need_more && tunnel.head_passed ? RelayEnd::head_timeout : RelayEnd::refused);
}

/// Reads on until the first bytes are judged; the tunnel has failed where they may not pass.
Task<void> judge_first_bytes(Tunnel& tunnel, Way& way, std::string& bytes) {
  auto verdict = bytes.empty() ? Verdict::need_more : tunnel.options.first_bytes(bytes, false);
  while (verdict == Verdict::need_more && !tunnel.failed) {
    if (!bytes.empty()) tunnel.begin_head();
    if (bytes.size() >= max_first_bytes || tunnel.head_passed) co_return judge_at_last(tunnel, bytes);
    auto const room = std::min(max_first_bytes - bytes.size(), tunnel.scratch.size());
    auto const io = way.from.read_some(tunnel.scratch.data(), room);
    if (io.ended()) {
      tunnel.ended(way.source);
      co_return judge_at_last(tunnel, bytes);
    }
    if (io.blocked()) {
      co_await way.from.readable();
      tunnel.check_time(way.from);
    } else if (io.code) {
      tunnel.fail(way.from_failed);
    } else {
      way.count += io.bytes;
      tunnel.moved();
      bytes.append(tunnel.scratch.data(), io.bytes);
      verdict = tunnel.options.first_bytes(bytes, false);
    }
  }
  if (verdict == Verdict::refuse) tunnel.fail(RelayEnd::refused);
}

Task<void> pump_client(Tunnel& tunnel, Way& way, std::string first) {
  way.count += first.size();
  if (tunnel.options.first_bytes) co_await judge_first_bytes(tunnel, way, first);
  if (!first.empty()) co_await send_rest(tunnel, way, std::move(first));
  co_await pump(tunnel, way);
}

Task<void> pump_upstream(Tunnel& tunnel, Way& way) {
  co_await pump(tunnel, way);
  tunnel.upstream_done.set();
}

/// One more open tunnel while this lives.
class CountedTunnel {
 public:
  explicit CountedTunnel(TunnelTraffic* traffic) noexcept : traffic_{traffic} {
    if (traffic_ != nullptr) ++traffic_->tunnels;
  }
  ~CountedTunnel() {
    if (traffic_ != nullptr) --traffic_->tunnels;
  }
  CountedTunnel(CountedTunnel const&) = delete;
  CountedTunnel& operator=(CountedTunnel const&) = delete;

 private:
  TunnelTraffic* traffic_;
};

/// A coroutine of this file alone, as are the types in its frame.
Task<Relayed> run_tunnel(Stream& client, Stream& upstream, Scratch scratch, RelayOptions options) {
  CountedTunnel const counted{options.traffic};
  Tunnel tunnel{client, upstream, scratch, options, {}, Event{client.executor()}};
  Way up{client, upstream, tunnel.result.from_client, Side::client, RelayEnd::client_failed, RelayEnd::upstream_failed};
  Way down{upstream, client, tunnel.result.from_upstream, Side::upstream, RelayEnd::upstream_failed, RelayEnd::client_failed};
  tunnel.arm();
  tunnel.moved();
  asio::co_spawn(client.executor(), pump_upstream(tunnel, down), asio::detached);
  co_await pump_client(tunnel, up, std::move(options.first_up));
  while (!tunnel.upstream_done.happened()) co_await tunnel.upstream_done.wait();
  co_return tunnel.result;
}

}  // namespace

Task<Relayed> relay(Stream& client, Stream& upstream, Scratch scratch, RelayOptions options) {
  return run_tunnel(client, upstream, scratch, std::move(options));
}

}  // namespace ambassador::net
