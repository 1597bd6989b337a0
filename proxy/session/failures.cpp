#include "session/failures.hpp"

#include "base/error.hpp"

#include <boost/asio/error.hpp>

namespace ambassador::session {
namespace {

using observe::Reason;

/// What is said of every failure of one kind.
struct Advice {
  Reason reason;
  std::string_view to_do;
};

Advice of_resolving(boost::system::error_code code) {
  if (code == Errc::timed_out) return {Reason::dns_failed, "Is the cluster's DNS reachable from this Pod?"};
  return {Reason::dns_failed, "Check the host in the target, and whether the Service exists."};
}

Advice of_handshake(boost::system::error_code code) {
  if (code == Errc::tls_expired) {
    return {Reason::tls_expired, "The upstream's certificate must be renewed; or is a clock wrong?"};
  }
  if (code == Errc::tls_wrong_name) {
    return {Reason::tls_wrong_name, "Is the target's host the right one? Else say tls.server_name."};
  }
  if (code == Errc::tls_unknown_ca) return {Reason::tls_unknown_ca, "Name the CA that signed it in tls.ca."};
  if (code == Errc::tls_protocol) return {Reason::tls_protocol, "Does that port speak TLS 1.2 or later?"};
  if (code == Errc::tls_client_refused) return {Reason::tls_client_refused, "Check tls.cert and tls.key of the source."};
  if (code == Errc::timed_out) {
    return {Reason::connect_timeout, "The upstream takes connections, but its TLS does not answer."};
  }
  return {Reason::tls_failed, "See the upstream's log."};
}

Advice of_connecting(boost::system::error_code code) {
  if (code == Errc::address_refused) {
    return {Reason::address_refused,
            "If it should be reached there, name the address: in the target, or in `addresses` of the allow entry."};
  }
  if (code == Errc::via_refused) {
    return {Reason::via_refused, "Ask those who run the parent proxy, or check via.credentials_file."};
  }
  if (code == Errc::pool_exhausted) return {Reason::pool_exhausted, "The upstream is slow, or limits.connections is too low."};
  if (code == Errc::pending_timed_out) {
    return {Reason::pending_timeout, "The upstream is slow, or limits.connections is too low."};
  }
  if (code == Errc::own_address) return {Reason::loop, "The target leads back to this proxy."};
  if (code == Errc::timed_out) {
    return {Reason::connect_timeout, "Nothing answers there: is a NetworkPolicy in the way?"};
  }
  if (code == boost::asio::error::connection_refused) {
    return {Reason::connect_refused, "Nothing listens on that port: check the target's port."};
  }
  return {Reason::connect_failed, "Check the target's address."};
}

Advice of_response(boost::system::error_code code) {
  // With TLS 1.3 our certificate is refused after the handshake.
  if (code == Errc::tls_client_refused) return of_handshake(code);
  if (code == Errc::timed_out) {
    return {Reason::response_timeout, "Raise timeout.response if the upstream may take this long."};
  }
  if (code == Errc::head_too_large || code == Errc::too_many_fields || code == Errc::target_too_long) {
    return {Reason::response_malformed, "The response head exceeds limits.head or limits.fields."};
  }
  if (code == Errc::bad_answer) return {Reason::bad_status, "Every endpoint of the target fails: see their logs."};
  if (code == Errc::unexpected_switch) return {Reason::upgrade_failed, "The upstream switched protocols unasked."};
  if (code == Errc::end_of_stream || code == Errc::incomplete_message || code == Errc::tls_truncated ||
      code == boost::asio::error::connection_reset || code == boost::asio::error::broken_pipe) {
    return {Reason::upstream_closed, "The upstream closed the connection: see its log."};
  }
  return {Reason::response_malformed, "The upstream's response is not valid HTTP/1.1."};
}

Advice of_client(Failure const& failure) {
  if (failure.stage == Stage::handshake) return {Reason::tls_handshake, {}};
  if (failure.code == Errc::bad_proxy_header) return {Reason::bad_proxy_header, "Should proxy_protocol be off here?"};
  if (failure.code == Errc::timed_out) return {Reason::idle_timeout, "Read the response faster, or raise timeout.idle."};
  if (failure.code == Errc::slow_body) return {Reason::body_timeout, "Send the body faster, or raise timeout.body."};
  if (failure.code == Errc::bad_chunk || failure.code == Errc::bad_message) return {Reason::body_malformed, {}};
  return {Reason::client_gone, {}};
}

Advice advice_of(Failure const& failure) {
  if (failure.code == Errc::shutting_down) return {Reason::shutting_down, "Try again."};
  if (failure.side == Side::client) return of_client(failure);
  switch (failure.stage) {
    case Stage::resolve: return of_resolving(failure.code);
    case Stage::connect: return of_connecting(failure.code);
    case Stage::handshake: return of_handshake(failure.code);
    default: return of_response(failure.code);
  }
}

std::string_view at_stage(Stage stage) {
  switch (stage) {
    case Stage::resolve: return "looking up the host";
    case Stage::accept: return "taking the connection";
    case Stage::connect: return "connecting";
    case Stage::handshake: return "the TLS handshake";
    case Stage::send: return "sending the request";
    case Stage::response_head: return "waiting for the response";
    case Stage::response_body: return "reading the response";
    case Stage::body: return "reading the request's body";
    default: return "serving the call";
  }
}

}  // namespace

Problem explain(Failure const& failure, std::string_view target, std::string_view detail) {
  auto const advice = advice_of(failure);
  std::string what{at_stage(failure.stage)};
  if (failure.side == Side::upstream) what.append(" for ").append(target);
  what.append(": ").append(failure.code.message());
  if (!detail.empty()) what.append(" (").append(detail).append(")");
  return {.reason = advice.reason, .what = std::move(what), .to_do = std::string{advice.to_do}};
}

Reason retry_reason(Failure const& failure) { return failure.reused_connection ? Reason::reset : advice_of(failure).reason; }

Problem over_rate(config::Mapping const& mapping, unsigned retry_after) {
  return {.reason = Reason::rate_limited,
          .what = "more calls than the rate of " + mapping.source_text,
          .to_do = "Try again later, or raise the source's rate.",
          .retry_after = retry_after};
}

Problem too_many_requests(config::Mapping const& mapping) {
  return {.reason = Reason::too_many_requests,
          .what = "as many calls are under way as limits.requests of " + mapping.source_text,
          .to_do = "The upstream is slow, or the source's limits.requests is too low."};
}

Problem credential_missing(config::Mapping const& mapping) {
  return {.reason = Reason::credential_missing,
          .what = "the credential of " + mapping.source_text + " cannot be read",
          .to_do = "Is its file mounted? See the proxy's own messages."};
}

Problem near_memory_limit() {
  return {.reason = Reason::memory_ceiling,
          .what = "the proxy is near its memory limit",
          .to_do = "Try again, or raise the memory limit of its container."};
}

}  // namespace ambassador::session
