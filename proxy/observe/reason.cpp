#include "observe/reason.hpp"

namespace ambassador::observe {

std::string_view code(Reason reason) noexcept {
  switch (reason) {
    case Reason::none: return "none";
    case Reason::not_in_map: return "not_in_map";
    case Reason::address_refused: return "address_refused";
    case Reason::sni_mismatch: return "sni_mismatch";
    case Reason::not_tls: return "not_tls";
    case Reason::loop: return "loop";
    case Reason::tls_in_tunnel: return "tls_in_tunnel";
    case Reason::bad_request: return "bad_request";
    case Reason::head_too_large: return "head_too_large";
    case Reason::too_many_fields: return "too_many_fields";
    case Reason::target_too_long: return "target_too_long";
    case Reason::bad_version: return "bad_version";
    case Reason::head_timeout: return "head_timeout";
    case Reason::body_timeout: return "body_timeout";
    case Reason::body_malformed: return "body_malformed";
    case Reason::client_gone: return "client_gone";
    case Reason::tls_handshake: return "tls_handshake";
    case Reason::bad_proxy_header: return "bad_proxy_header";
    case Reason::rate_limited: return "rate_limited";
    case Reason::too_many_requests: return "too_many_requests";
    case Reason::dns_failed: return "dns_failed";
    case Reason::connect_refused: return "connect_refused";
    case Reason::connect_timeout: return "connect_timeout";
    case Reason::connect_failed: return "connect_failed";
    case Reason::pool_exhausted: return "pool_exhausted";
    case Reason::pending_timeout: return "pending_timeout";
    case Reason::tls_expired: return "tls_expired";
    case Reason::tls_wrong_name: return "tls_wrong_name";
    case Reason::tls_unknown_ca: return "tls_unknown_ca";
    case Reason::tls_protocol: return "tls_protocol";
    case Reason::tls_client_refused: return "tls_client_refused";
    case Reason::tls_failed: return "tls_failed";
    case Reason::via_refused: return "via_refused";
    case Reason::fault_injected: return "fault_injected";
    case Reason::credential_missing: return "credential_missing";
    case Reason::reset: return "reset";
    case Reason::upstream_closed: return "upstream_closed";
    case Reason::response_timeout: return "response_timeout";
    case Reason::response_malformed: return "response_malformed";
    case Reason::response_incomplete: return "response_incomplete";
    case Reason::upgrade_failed: return "upgrade_failed";
    case Reason::bad_status: return "bad_status";
    case Reason::idle_timeout: return "idle_timeout";
    case Reason::shutting_down: return "shutting_down";
    case Reason::memory_ceiling: return "memory_ceiling";
    case Reason::internal: return "internal";
  }
  return "none";
}

}  // namespace ambassador::observe
