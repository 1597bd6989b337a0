// Heads that go on, as HTTP/1.1 (RFC 9112): the fields that `route` yields, between a start line, the framing and what is said
// of the connection. Without I/O, so that tests and fuzzers need no session.
#pragma once

#include "route/forwarded_fields.hpp"
#include "wire/http1/writer.hpp"

#include <string>
#include <string_view>

namespace ambassador::session {

/// Appends what a request begins with: its line and its Host, which change if it goes to another target.
inline void append_start(std::string& out, std::string_view method, std::string_view target, std::string_view host) {
  wire::http1::append_request_line(out, method, target);
  wire::http1::append_field(out, "Host", host);
}

/// Appends our entry of Via, RFC 9110 section 7.6.3.
inline void append_via(std::string& out, unsigned minor_version, std::string_view pseudonym) {
  out.append(minor_version == 0 ? "Via: 1.0 " : "Via: 1.1 ").append(pseudonym).append("\r\n");
}

/// Appends the fields that switch a connection to `protocol`, RFC 9110 section 7.8.
inline void append_upgrade(std::string& out, std::string_view protocol) {
  out.append("Connection: Upgrade\r\n");
  wire::http1::append_field(out, "Upgrade", protocol);
}

/// Appends the request's head as it goes upstream, up to and with the empty line. Returns the size of what `append_start`
/// appended.
inline std::size_t append_forwarded(std::string& out, wire::http::RequestHead const& head,
                                    route::ForwardedRequest const& forwarded) {
  auto const before = out.size();
  append_start(out, head.method_text, forwarded.target, forwarded.host);
  auto const start = out.size() - before;
  wire::http1::FieldWriter fields{out};
  route::yield_fields(fields, head, forwarded);
  wire::http1::append_framing(out, head.body);
  append_via(out, head.minor_version, forwarded.pseudonym);
  if (!forwarded.proxy_authorization.empty()) fields.field("Proxy-Authorization", forwarded.proxy_authorization);
  if (!forwarded.upgrade.empty()) append_upgrade(out, forwarded.upgrade);
  wire::http1::append_end_of_head(out);
  return start;
}

/// Appends the response's head as it goes to the client, up to and with the empty line.
inline void append_forwarded(std::string& out, wire::http::ResponseHead const& head,
                             route::ForwardedResponse const& forwarded) {
  wire::http1::append_status_line(out, head.status, head.reason);
  wire::http1::FieldWriter fields{out};
  bool const has_date = route::yield_fields(fields, head, forwarded);
  wire::http1::append_framing(out, forwarded.body);
  append_via(out, head.minor_version, forwarded.pseudonym);
  if (!has_date && head.status >= 200) fields.field("Date", forwarded.date);
  if (forwarded.upgraded) {
    append_upgrade(out, head.upgrade);
  } else if (!forwarded.keep_alive && head.status >= 200) {
    out.append("Connection: close\r\n");
  } else if (forwarded.to_http10) {
    out.append("Connection: keep-alive\r\n");
  }
  wire::http1::append_end_of_head(out);
}

}  // namespace ambassador::session
