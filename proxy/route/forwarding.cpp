#include "route/forwarding.hpp"

#include "base/bytes.hpp"
#include "route/location.hpp"
#include "wire/http1/writer.hpp"

namespace ambassador::route {
namespace {

using wire::http::Field;
using wire::http::FieldId;
using wire::http::Head;
namespace http1 = wire::http1;

/// Fields of one hop, or written anew: never passed on (RFC 9110 section 7.6.1).
bool is_hop_by_hop(FieldId id) noexcept {
  switch (id) {
    case FieldId::connection:
    case FieldId::content_length:
    case FieldId::host:
    case FieldId::http2_settings:
    case FieldId::keep_alive:
    case FieldId::proxy_authorization:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::transfer_encoding:
    case FieldId::upgrade: return true;
    default: return false;
  }
}

/// Naming one of these in Connection changes nothing: a client could otherwise strip what others rely on.
bool is_protected(Field const& field) noexcept {
  return field.id == FieldId::via || iequals(field.name, "x-forwarded-for") || iequals(field.name, "x-forwarded-host") ||
         iequals(field.name, "x-forwarded-proto") || iequals(field.name, "forwarded");
}

bool goes_on(Head const& head, Field const& field) noexcept {
  if (is_hop_by_hop(field.id)) return false;
  return !head.connection_names_fields || is_protected(field) || !wire::http::connection_names(head, field.name);
}

void append_via(std::string& out, unsigned minor_version, std::string_view pseudonym) {
  out.append(minor_version == 0 ? "Via: 1.0 " : "Via: 1.1 ").append(pseudonym).append("\r\n");
}

std::optional<std::string> mapped_back(std::string_view location, ForwardedResponse const& forwarded) {
  if (forwarded.mapping == nullptr) return std::nullopt;
  return map_back(location, *forwarded.mapping, "http://" + forwarded.asked->text(80));
}

bool counts_hops(wire::http::RequestHead const& head) noexcept {
  return head.method == wire::http::Method::options || head.method == wire::http::Method::trace;
}

}  // namespace

bool went_through(Head const& head, std::string_view pseudonym) noexcept {
  bool found = false;
  for (auto const& field : head.fields) {
    if (field.id != FieldId::via) continue;
    for_each_list_element(field.value, [&](std::string_view entry) {
      auto const blank = entry.find_first_of(" \t");
      if (blank == std::string_view::npos) return;
      auto const by = trim(entry.substr(blank));
      found = found || by.substr(0, by.find_first_of(" \t")) == pseudonym;
    });
  }
  return found;
}

std::string_view wanted_upgrade(wire::http::RequestHead const& head) noexcept {
  if (!head.connection_upgrade || head.minor_version != 1 || head.body.has_body()) return {};
  bool h2c = false;
  for_each_list_element(head.upgrade, [&](std::string_view protocol) { h2c = h2c || iequals(protocol, "h2c"); });
  return h2c ? std::string_view{} : head.upgrade;
}

void append_forwarded(std::string& out, wire::http::RequestHead const& head, ForwardedRequest const& forwarded) {
  http1::append_request_line(out, head.method_text, forwarded.target);
  http1::append_field(out, "Host", forwarded.host);
  for (auto const& field : head.fields) {
    if (!goes_on(head, field)) continue;
    if (field.id == FieldId::max_forwards && counts_hops(head) && head.max_forwards != UINT64_MAX) {
      http1::append_field(out, field.name, head.max_forwards - 1);
    } else {
      http1::append_field(out, field);
    }
  }
  http1::append_framing(out, head.body);
  append_via(out, head.minor_version, forwarded.pseudonym);
  if (!forwarded.upgrade.empty()) {
    out.append("Connection: Upgrade\r\n");
    http1::append_field(out, "Upgrade", forwarded.upgrade);
  }
  http1::append_end_of_head(out);
}

void append_forwarded(std::string& out, wire::http::ResponseHead const& head, ForwardedResponse const& forwarded) {
  http1::append_status_line(out, head.status, head.reason);
  for (auto const& field : head.fields) {
    // Of a body that is not there the length may be said (HEAD, 304), RFC 9110 section 8.6.
    bool const said_length = field.id == FieldId::content_length && forwarded.body.kind == wire::http::BodyKind::none &&
                             head.status >= 200 && head.status != 204;
    if (!goes_on(head, field) && !said_length) continue;
    bool const is_location = field.id == FieldId::location || field.id == FieldId::content_location;
    if (auto const mapped = is_location ? mapped_back(field.value, forwarded) : std::nullopt) {
      http1::append_field(out, field.name, *mapped);
    } else {
      http1::append_field(out, field);
    }
  }
  http1::append_framing(out, forwarded.body);
  append_via(out, head.minor_version, forwarded.pseudonym);
  if (!head.has_date && head.status >= 200) http1::append_field(out, "Date", forwarded.date);
  if (forwarded.upgraded) {
    out.append("Connection: Upgrade\r\n");
    http1::append_field(out, "Upgrade", head.upgrade);
  } else if (!forwarded.keep_alive && head.status >= 200) {
    out.append("Connection: close\r\n");
  } else if (forwarded.to_http10) {
    out.append("Connection: keep-alive\r\n");
  }
  http1::append_end_of_head(out);
}

}  // namespace ambassador::route
