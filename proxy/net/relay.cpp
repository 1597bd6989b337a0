#include "net/relay.hpp"

#include "net/event.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

namespace ambassador::net {
namespace asio = boost::asio;

namespace {

/// Both directions of one tunnel, and when it last moved.
struct Tunnel {
  Stream& client;
  Stream& upstream;
  Scratch scratch;
  Milliseconds idle;
  Relayed result;
  Event upstream_done;
  bool failed = false;

  void moved() {
    if (idle.count() == 0) return;
    auto const when = std::chrono::steady_clock::now() + idle;
    client.expires_at(when);
    upstream.expires_at(when);
  }

  void fail(RelayEnd end) {
    if (!failed) result.end = end;
    failed = true;
    client.cancel();
    upstream.cancel();
  }
};

/// What `to` did not take at once. The idle time is the tunnel's: bytes the other way prolong it.
Task<void> send_rest(Tunnel& tunnel, Stream& to, std::string rest, RelayEnd to_failed) {
  std::string_view left = rest;
  while (!left.empty() && !tunnel.failed) {
    auto const sent = to.write_some(left);
    left.remove_prefix(sent.bytes);
    if (sent.bytes != 0) tunnel.moved();
    if (!sent.code) continue;
    if (!sent.blocked()) co_return tunnel.fail(to_failed);
    co_await to.writable();
    if (to.expired()) tunnel.fail(RelayEnd::idle);
  }
}

/// One direction, until its end has been passed on or the tunnel has failed.
Task<void> pump(Tunnel& tunnel, Stream& from, Stream& to, std::uint64_t& count, RelayEnd from_failed, RelayEnd to_failed) {
  unsigned pieces = 0;
  while (!tunnel.failed) {
    if (++pieces % pieces_at_once == 0) co_await asio::post(from.executor(), awaiting);
    auto const io = from.read_some(tunnel.scratch.data(), tunnel.scratch.size());
    if (io.ended()) {
      to.shutdown_send();
      co_return;
    }
    if (io.blocked()) {
      co_await from.readable();
      if (from.expired()) tunnel.fail(RelayEnd::idle);
      continue;
    }
    if (io.code) co_return tunnel.fail(from_failed);
    count += io.bytes;
    tunnel.moved();
    auto const sent = to.write_some({tunnel.scratch.data(), io.bytes});
    if (sent.code && !sent.blocked()) co_return tunnel.fail(to_failed);
    if (sent.bytes == io.bytes) continue;
    co_await send_rest(tunnel, to, std::string{tunnel.scratch.data() + sent.bytes, io.bytes - sent.bytes}, to_failed);
  }
}

Task<void> pump_upstream(Tunnel& tunnel) {
  co_await pump(tunnel, tunnel.upstream, tunnel.client, tunnel.result.from_upstream, RelayEnd::upstream_failed,
                RelayEnd::client_failed);
  tunnel.upstream_done.set();
}

}  // namespace

Task<Relayed> relay(Stream& client, Stream& upstream, Scratch scratch, Milliseconds idle) {
  Tunnel tunnel{client, upstream, scratch, idle, {}, Event{client.executor()}};
  client.never_expires();
  upstream.never_expires();
  tunnel.moved();
  asio::co_spawn(client.executor(), pump_upstream(tunnel), asio::detached);
  co_await pump(tunnel, client, upstream, tunnel.result.from_client, RelayEnd::client_failed, RelayEnd::upstream_failed);
  while (!tunnel.upstream_done.happened()) co_await tunnel.upstream_done.wait();
  co_return tunnel.result;
}

}  // namespace ambassador::net
