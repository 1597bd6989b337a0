// The fields that mean something to us, by name. Every other field is passed on as it came, and needs no look-up.
#pragma once

#include <cstdint>
#include <string_view>

namespace ambassador::wire::http {

enum class FieldId : std::uint8_t {
  unknown,
  accept,
  authorization,
  cache_control,
  connection,
  content_encoding,
  content_length,
  content_location,
  content_range,
  content_type,
  cookie,
  date,
  expect,
  host,
  http2_settings,
  keep_alive,
  location,
  max_forwards,
  proxy_authenticate,
  proxy_authorization,
  proxy_connection,
  range,
  set_cookie,
  te,
  traceparent,
  tracestate,
  trailer,
  transfer_encoding,
  upgrade,
  via,
  www_authenticate,
  x_request_id,
};

inline constexpr std::size_t field_ids = static_cast<std::size_t>(FieldId::x_request_id) + 1;

/// In the spelling of the registry, or as it is usually written; empty of `unknown`.
std::string_view name_of(FieldId id) noexcept;

/// Names are compared without case, RFC 9110 section 5.1.
FieldId field_id(std::string_view name) noexcept;

}  // namespace ambassador::wire::http
