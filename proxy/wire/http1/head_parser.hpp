// A complete, scanned head becomes values, and what it says is judged, field by field: Content-Length, Transfer-Encoding,
// Host, Connection, the method and the version (RFC 9112 sections 3 and 6). In doubt it refuses: a head that passed means
// one thing.
#pragma once

#include "wire/http/message.hpp"

#include <optional>
#include <string_view>

namespace ambassador::wire::http1 {

/// Options that one head may list in its Connection fields.
inline constexpr std::size_t max_connection_options = 32;

/// Parses `bytes`, a head up to and with its empty line that HeadScanner found. `fields` is the storage behind
/// `head.fields`; views point into `bytes`.
std::optional<http::Fault> parse_request_head(std::string_view bytes, http::HeadLimits const& limits, http::FieldList& fields,
                                              http::RequestHead& head);

/// The same for a response. `method` is the request's: it decides whether there is a body (RFC 9112 section 6.3).
std::optional<http::Fault> parse_response_head(std::string_view bytes, http::HeadLimits const& limits, http::Method method,
                                               http::FieldList& fields, http::ResponseHead& head);

/// Parses the lines of a trailer section with its final empty line. Fields that frame, route or authenticate are
/// refused (RFC 9110 section 6.5.1).
std::optional<http::Fault> parse_trailers(std::string_view bytes, http::HeadLimits const& limits, http::FieldList& fields);

}  // namespace ambassador::wire::http1
