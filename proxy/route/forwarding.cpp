#include "route/forwarding.hpp"

#include "base/bytes.hpp"
#include "route/location.hpp"
#include "wire/http1/writer.hpp"

#include <algorithm>

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
  auto const& asked = *forwarded.asked;
  return map_back(location, *forwarded.mapping, *forwarded.mapping_target,
                  forwarded.asked_https ? "https://" + asked.text(443) : "http://" + asked.text(80));
}

bool counts_hops(wire::http::RequestHead const& head) noexcept {
  return head.method == wire::http::Method::options || head.method == wire::http::Method::trace;
}

/// What is ours alone to write: the configuration refuses rules for these, and here they would have no effect.
bool is_ours(std::string_view name) noexcept {
  auto const id = wire::http::field_id(name);
  return is_hop_by_hop(id) || id == FieldId::via;
}

/// What the configuration changes in a head: its rules, and then a credential.
struct Changes {
  config::HeaderRules const& rules;
  std::string_view credential_name;

  /// Whether the field does not go on: it is removed, or another comes in its place.
  [[nodiscard]] bool drops(Field const& field) const noexcept {
    if (is_credential(field.name)) return true;
    auto const is_named = [&](std::string_view name) { return iequals(name, field.name); };
    bool const named = std::any_of(rules.remove.begin(), rules.remove.end(), is_named) || sets(field.name);
    return named && !is_ours(field.name);
  }

  [[nodiscard]] bool sets(std::string_view name) const noexcept {
    return std::any_of(rules.set.begin(), rules.set.end(), [&](auto const& rule) { return iequals(rule.first, name); });
  }

  /// Whether what goes on of that name is for the rules to say.
  [[nodiscard]] bool decides(std::string_view name) const noexcept { return drops({.name = name}) || adds(name); }

  [[nodiscard]] bool adds(std::string_view name) const noexcept {
    return std::any_of(rules.add.begin(), rules.add.end(), [&](auto const& rule) { return iequals(rule.first, name); });
  }

  void append_new(std::string& out) const {
    for (auto const* list : {&rules.set, &rules.add}) {
      for (auto const& [name, value] : *list) {
        if (!is_credential(name) && !is_ours(name)) http1::append_field(out, name, value);
      }
    }
  }

 private:
  [[nodiscard]] bool is_credential(std::string_view name) const noexcept {
    return !credential_name.empty() && iequals(name, credential_name);
  }
};

/// Whether another comes in the field's place, or it is of a trace that does not go on.
bool replaces(CallIds const& ids, FieldId id) noexcept {
  switch (id) {
    case FieldId::traceparent: return !ids.traceparent.empty();
    case FieldId::tracestate: return ids.new_trace;
    case FieldId::x_request_id: return ids.new_request_id;
    default: return false;
  }
}

void append_ids(std::string& out, CallIds const& ids, Changes const& changes) {
  auto const append = [&](FieldId id, std::string_view value) {
    auto const name = wire::http::name_of(id);
    if (!changes.decides(name)) http1::append_field(out, name, value);
  };
  if (!ids.traceparent.empty()) append(FieldId::traceparent, ids.traceparent);
  if (ids.new_request_id) append(FieldId::x_request_id, ids.request_id);
}

constexpr auto drops_nothing = [](Field const&) { return false; };

/// `drops` is a template's argument so that a head without rules is not asked about them field by field.
template <class Drops>
void append_fields(std::string& out, wire::http::RequestHead const& head, Drops drops) {
  for (auto const& field : head.fields) {
    if (!goes_on(head, field) || drops(field)) continue;
    if (field.id == FieldId::max_forwards && counts_hops(head) && head.max_forwards != UINT64_MAX) {
      http1::append_field(out, field.name, head.max_forwards - 1);
    } else {
      http1::append_field(out, field);
    }
  }
}

template <class Drops>
void append_fields(std::string& out, wire::http::ResponseHead const& head, ForwardedResponse const& forwarded, Drops drops) {
  for (auto const& field : head.fields) {
    // Of a body that is not there the length may be said (HEAD, 304), RFC 9110 section 8.6.
    bool const said_length = field.id == FieldId::content_length && forwarded.body.kind == wire::http::BodyKind::none &&
                             head.status >= 200 && head.status != 204;
    if ((!goes_on(head, field) && !said_length) || drops(field)) continue;
    bool const is_location = field.id == FieldId::location || field.id == FieldId::content_location;
    if (auto const mapped = is_location ? mapped_back(field.value, forwarded) : std::nullopt) {
      http1::append_field(out, field.name, *mapped);
    } else {
      http1::append_field(out, field);
    }
  }
}

void append_changed_fields(std::string& out, wire::http::RequestHead const& head, ForwardedRequest const& forwarded) {
  static config::HeaderRules const no_rules;
  static CallIds const no_ids;
  auto const credential = is_ours(forwarded.credential_name) ? std::string_view{} : forwarded.credential_name;
  Changes const changes{forwarded.rules != nullptr ? *forwarded.rules : no_rules, credential};
  auto const& ids = forwarded.ids != nullptr ? *forwarded.ids : no_ids;
  append_fields(out, head, [&](Field const& field) { return replaces(ids, field.id) || changes.drops(field); });
  append_ids(out, ids, changes);
  changes.append_new(out);
  if (!credential.empty()) http1::append_field(out, credential, forwarded.credential_value);
}

/// Returns whether a Date is there, or is not wanted.
bool append_changed_fields(std::string& out, wire::http::ResponseHead const& head, ForwardedResponse const& forwarded) {
  Changes const changes{*forwarded.rules, {}};
  append_fields(out, head, forwarded, [&](Field const& field) { return changes.drops(field); });
  changes.append_new(out);
  return head.has_date || changes.sets("date") || changes.adds("date");
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

void append_start(std::string& out, std::string_view method, std::string_view target, std::string_view host) {
  http1::append_request_line(out, method, target);
  http1::append_field(out, "Host", host);
}

std::size_t append_forwarded(std::string& out, wire::http::RequestHead const& head, ForwardedRequest const& forwarded) {
  auto const before = out.size();
  append_start(out, head.method_text, forwarded.target, forwarded.host);
  auto const start = out.size() - before;
  if (forwarded.rules == nullptr && forwarded.credential_name.empty() && forwarded.ids == nullptr) {
    append_fields(out, head, drops_nothing);
  } else {
    append_changed_fields(out, head, forwarded);
  }
  http1::append_framing(out, head.body);
  append_via(out, head.minor_version, forwarded.pseudonym);
  if (!forwarded.proxy_authorization.empty()) http1::append_field(out, "Proxy-Authorization", forwarded.proxy_authorization);
  if (!forwarded.upgrade.empty()) {
    out.append("Connection: Upgrade\r\n");
    http1::append_field(out, "Upgrade", forwarded.upgrade);
  }
  http1::append_end_of_head(out);
  return start;
}

void append_forwarded(std::string& out, wire::http::ResponseHead const& head, ForwardedResponse const& forwarded) {
  http1::append_status_line(out, head.status, head.reason);
  bool has_date = head.has_date;
  if (forwarded.rules != nullptr && (head.status >= 200 || head.status == 101)) {
    has_date = append_changed_fields(out, head, forwarded);
  } else {
    append_fields(out, head, forwarded, drops_nothing);
  }
  http1::append_framing(out, forwarded.body);
  append_via(out, head.minor_version, forwarded.pseudonym);
  if (!has_date && head.status >= 200) http1::append_field(out, "Date", forwarded.date);
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
