// The fields of a head that goes on (RFC 9110 section 7.6), one after the other: hop-by-hop fields and those that Connection
// names stay behind, and the configuration's rules are kept. A writer of any HTTP version is the sink. Pure: heads in, fields
// out. How a version says framing and connection is its writer's affair.
#pragma once

#include "base/bytes.hpp"
#include "route/forwarding.hpp"
#include "route/location.hpp"

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace ambassador::route {

/// Takes fields in their order on the wire.
template <class T>
concept FieldSink = requires(T& sink, wire::http::Field const& field, std::string_view text, std::uint64_t number) {
  sink.field(field);       // as it came
  sink.field(text, text);  // name, value
  sink.field(text, number);
};

namespace forwarded_fields {

using wire::http::Field;
using wire::http::FieldId;
using wire::http::Head;

/// Fields of one hop, or written anew: never passed on (RFC 9110 section 7.6.1).
inline bool is_hop_by_hop(FieldId id) noexcept {
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
inline bool is_protected(Field const& field) noexcept {
  return field.id == FieldId::via || iequals(field.name, "x-forwarded-for") || iequals(field.name, "x-forwarded-host") ||
         iequals(field.name, "x-forwarded-proto") || iequals(field.name, "forwarded");
}

inline bool goes_on(Head const& head, Field const& field) noexcept {
  if (is_hop_by_hop(field.id)) return false;
  return !head.connection_names_fields || is_protected(field) || !wire::http::connection_names(head, field.name);
}

inline std::optional<std::string> mapped_back(std::string_view location, ForwardedResponse const& forwarded) {
  if (forwarded.mapping == nullptr) return std::nullopt;
  auto const& asked = *forwarded.asked;
  return map_back(location, *forwarded.mapping, *forwarded.mapping_target,
                  forwarded.asked_https ? "https://" + asked.text(443) : "http://" + asked.text(80));
}

inline bool counts_hops(wire::http::RequestHead const& head) noexcept {
  return head.method == wire::http::Method::options || head.method == wire::http::Method::trace;
}

/// What is ours alone to write: the configuration refuses rules for these, and here they would have no effect.
inline bool is_ours(std::string_view name) noexcept {
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

  template <class Sink>
  void yield_new(Sink& sink) const {
    for (auto const* list : {&rules.set, &rules.add}) {
      for (auto const& [name, value] : *list) {
        if (!is_credential(name) && !is_ours(name)) sink.field(name, value);
      }
    }
  }

 private:
  [[nodiscard]] bool is_credential(std::string_view name) const noexcept {
    return !credential_name.empty() && iequals(name, credential_name);
  }
};

/// Whether another comes in the field's place, or it is of a trace that does not go on.
inline bool replaces(CallIds const& ids, FieldId id) noexcept {
  switch (id) {
    case FieldId::traceparent: return !ids.traceparent.empty();
    case FieldId::tracestate: return ids.new_trace;
    case FieldId::x_request_id: return ids.new_request_id;
    default: return false;
  }
}

template <class Sink>
void yield_ids(Sink& sink, CallIds const& ids, Changes const& changes) {
  auto const yield = [&](FieldId id, std::string_view value) {
    auto const name = wire::http::name_of(id);
    if (!changes.decides(name)) sink.field(name, value);
  };
  if (!ids.traceparent.empty()) yield(FieldId::traceparent, ids.traceparent);
  if (ids.new_request_id) yield(FieldId::x_request_id, ids.request_id);
}

inline constexpr auto drops_nothing = [](Field const&) { return false; };

/// `drops` is a template's argument so that a head without rules is not asked about them field by field.
template <class Drops>
void yield_kept(FieldSink auto& sink, wire::http::RequestHead const& head, Drops drops) {
  for (auto const& field : head.fields) {
    if (!goes_on(head, field) || drops(field)) continue;
    if (field.id == FieldId::max_forwards && counts_hops(head) && head.max_forwards != UINT64_MAX) {
      sink.field(field.name, head.max_forwards - 1);
    } else {
      sink.field(field);
    }
  }
}

template <class Drops>
void yield_kept(FieldSink auto& sink, wire::http::ResponseHead const& head, ForwardedResponse const& forwarded, Drops drops) {
  for (auto const& field : head.fields) {
    // Of a body that is not there the length may be said (HEAD, 304), RFC 9110 section 8.6.
    bool const said_length = field.id == FieldId::content_length && forwarded.body.kind == wire::http::BodyKind::none &&
                             head.status >= 200 && head.status != 204;
    if ((!goes_on(head, field) && !said_length) || drops(field)) continue;
    bool const is_location = field.id == FieldId::location || field.id == FieldId::content_location;
    if (auto const mapped = is_location ? mapped_back(field.value, forwarded) : std::nullopt) {
      sink.field(field.name, std::string_view{*mapped});
    } else {
      sink.field(field);
    }
  }
}

void yield_changed(FieldSink auto& sink, wire::http::RequestHead const& head, ForwardedRequest const& forwarded) {
  static config::HeaderRules const no_rules;
  static CallIds const no_ids;
  auto const credential = is_ours(forwarded.credential_name) ? std::string_view{} : forwarded.credential_name;
  Changes const changes{forwarded.rules != nullptr ? *forwarded.rules : no_rules, credential};
  auto const& ids = forwarded.ids != nullptr ? *forwarded.ids : no_ids;
  yield_kept(sink, head, [&](Field const& field) { return replaces(ids, field.id) || changes.drops(field); });
  yield_ids(sink, ids, changes);
  changes.yield_new(sink);
  if (!credential.empty()) sink.field(credential, forwarded.credential_value);
}

/// Returns whether a Date is there, or is not wanted.
bool yield_changed(FieldSink auto& sink, wire::http::ResponseHead const& head, ForwardedResponse const& forwarded) {
  Changes const changes{*forwarded.rules, {}};
  yield_kept(sink, head, forwarded, [&](Field const& field) { return changes.drops(field); });
  changes.yield_new(sink);
  return head.has_date || changes.sets("date") || changes.adds("date");
}

}  // namespace forwarded_fields

/// Yields the request's own fields as they go upstream: without Host, framing and Via.
void yield_fields(FieldSink auto& sink, wire::http::RequestHead const& head, ForwardedRequest const& forwarded) {
  if (forwarded.rules == nullptr && forwarded.credential_name.empty() && forwarded.ids == nullptr) {
    forwarded_fields::yield_kept(sink, head, forwarded_fields::drops_nothing);
  } else {
    forwarded_fields::yield_changed(sink, head, forwarded);
  }
}

/// Yields the response's own fields as they go to the client: without framing and Via. Returns whether the writer must not add
/// a Date.
bool yield_fields(FieldSink auto& sink, wire::http::ResponseHead const& head, ForwardedResponse const& forwarded) {
  if (forwarded.rules != nullptr && (head.status >= 200 || head.status == 101)) {
    return forwarded_fields::yield_changed(sink, head, forwarded);
  }
  forwarded_fields::yield_kept(sink, head, forwarded, forwarded_fields::drops_nothing);
  return head.has_date;
}

}  // namespace ambassador::route
