#include "session/tcp/tunnel.hpp"

#include "net/now.hpp"
#include "session/hash_key.hpp"

#include <utility>

namespace ambassador::session {
namespace {

using observe::Reason;

/// What the log says of a tunnel that was cut; empty if it ended by itself.
Problem cut_of(net::RelayEnd end) {
  switch (end) {
    case net::RelayEnd::closed:
    case net::RelayEnd::refused: break;
    case net::RelayEnd::idle: return {.reason = Reason::idle_timeout, .what = "the tunnel was idle for too long", .to_do = {}};
    case net::RelayEnd::head_timeout:
      return {.reason = Reason::head_timeout, .what = "the TLS inside the tunnel did not begin in time", .to_do = {}};
    case net::RelayEnd::client_failed:
      return {.reason = Reason::client_gone, .what = "the client broke off the tunnel", .to_do = {}};
    case net::RelayEnd::upstream_failed:
      return {.reason = Reason::upstream_closed, .what = "the upstream broke off the tunnel", .to_do = {}};
  }
  return {.reason = Reason::none, .what = {}, .to_do = {}};
}

}  // namespace

net::Task<Result<void>> Tunnel::open() {
  auto const* const mapping = call_.mapping();
  attempts_.choose(mapping != nullptr ? hash_of(*mapping, {}, call_.record().client) : std::nullopt);
  for (;;) {
    attempts_.begin_try(net::now());
    auto connected = co_await attempts_.resolve();
    show_target();
    if (connected) connected = co_await attempts_.connect();
    if (connected) {
      auto const time = net::now();
      attempts_.report_success(time - attempts_.try_began(), time);
      co_return connected;
    }
    auto const failure = connected.error();
    auto const verdict = attempts_.judge(failure, {.replayable = true});
    bool const again = co_await attempts_.begin_again(verdict, failure);
    show_target();
    if (!again) co_return failure;
  }
}

/// The target that the next try goes to; a CONNECT has none.
void Tunnel::show_target() {
  if (auto const* const target = call_.decision().target) call_.record().target.assign(target->text);
}

net::Task<After> Tunnel::relay(net::RelayOptions options) {
  auto& context = call_.context();
  auto& upstream = attempts_.lease().stream();
  options.may_splice = client_.tls() == nullptr && upstream.tls() == nullptr;
  options.traffic = &context.tunnel_traffic;
  auto const relayed = co_await net::relay(client_, upstream, context.scratch.first(context.read_bytes()), std::move(options));
  co_return take_end(relayed);
}

After Tunnel::take_end(net::Relayed const& relayed) {
  auto& record = call_.record();
  record.bytes_in += relayed.from_client;
  record.bytes_out += relayed.from_upstream;
  if (relayed.first_end) record.first_end = *relayed.first_end == Side::client ? "client" : "upstream";
  auto& lease = attempts_.lease();
  if (relayed.end != net::RelayEnd::closed) lease.stream().reset();
  lease.drop();
  if (attempts_.is_shut_down()) {
    call_.note({.reason = Reason::shutting_down, .what = "the tunnel was cut: shutting down", .to_do = {}});
    return After::close;
  }
  if (relayed.end == net::RelayEnd::closed) return After::close;
  if (relayed.end != net::RelayEnd::refused) call_.note(cut_of(relayed.end));
  return After::reset;  // what was cut must not look complete, to either side
}

}  // namespace ambassador::session
