// Why a call did not go the plain way, as a closed list: the values of the metrics' `reason` label, so that their number
// is bounded by this file. The sentence that a person reads is CallRecord::reason; this is its kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ambassador::observe {

enum class Reason : std::uint8_t {
  none = 0,

  // The map decided.
  not_in_map,       ///< blocked, or reported
  address_refused,  ///< the name leads to an address that may not be reached this way
  sni_mismatch,     ///< the TLS inside a tunnel asks for another name than the CONNECT
  not_tls,          ///< no TLS in a tunnel to port 443
  loop,             ///< the call would come back to the ambassador
  tls_in_tunnel,    ///< TLS inside a tunnel to a mapped plain-HTTP origin

  // The client's message.
  bad_request,
  head_too_large,
  too_many_fields,
  target_too_long,
  bad_version,
  head_timeout,
  body_timeout,
  body_malformed,
  client_gone,
  tls_handshake,      ///< the client's, with a listener that has a certificate
  bad_proxy_header,   ///< no PROXY protocol header where there must be one
  rate_limited,       ///< `rate`
  too_many_requests,  ///< `limits.requests` of a source

  // The way to the upstream.
  dns_failed,
  connect_refused,
  connect_timeout,
  connect_failed,
  pool_exhausted,
  pending_timeout,
  tls_expired,
  tls_wrong_name,
  tls_unknown_ca,
  tls_protocol,
  tls_client_refused,
  tls_failed,
  via_refused,
  fault_injected,      ///< `fault`: the call was delayed or answered on purpose
  credential_missing,  ///< the file of a credential was never readable

  // The upstream's answer.
  reset,  ///< a connection that had served before was closed under the request
  upstream_closed,
  response_timeout,
  response_malformed,
  response_incomplete,
  upgrade_failed,
  bad_status,  ///< an answer that `retry.on` names

  // Both.
  idle_timeout,
  shutting_down,
  memory_ceiling,  ///< the process is near its memory limit
  internal,        ///< a fault of the ambassador's own; should never be seen
};

inline constexpr std::size_t reason_count = static_cast<std::size_t>(Reason::internal) + 1;

/// Whether the map or the allow list decided: what a call is blocked or reported for.
constexpr bool is_verdict(Reason reason) noexcept { return reason >= Reason::not_in_map && reason <= Reason::tls_in_tunnel; }

/// The label value: the enumerator's name; "none" for Reason::none.
std::string_view code(Reason reason) noexcept;

}  // namespace ambassador::observe
