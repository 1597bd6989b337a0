#include "wire/http/field_id.hpp"

#include "base/bytes.hpp"

#include <array>

namespace ambassador::wire::http {
namespace {

constexpr std::array<std::string_view, field_ids> names{
    "",
    "Accept",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Location",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "Date",
    "Expect",
    "Host",
    "HTTP2-Settings",
    "Keep-Alive",
    "Location",
    "Max-Forwards",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Range",
    "Set-Cookie",
    "TE",
    "traceparent",
    "tracestate",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Via",
    "WWW-Authenticate",
    "X-Request-Id",
};

constexpr std::size_t slots = 64;

/// Of a name's length, its first, middle and last byte, whatever their case: no two of ours have the same.
constexpr std::size_t slot_of(std::string_view name) noexcept {
  auto const byte = [&](std::size_t i) { return static_cast<std::size_t>(to_lower(name[i])); };
  return (name.size() + byte(0) * 7 + byte(name.size() / 2) * 15 + byte(name.size() - 1) * 21) % slots;
}

/// A perfect hash, made by the compiler: two names in one slot do not compile.
constexpr auto ids = [] {
  std::array<FieldId, slots> table{};
  for (std::size_t i = 1; i < names.size(); ++i) {
    auto& slot = table[slot_of(names[i])];
    if (slot != FieldId::unknown) throw "two names have the same slot: change slot_of";
    slot = static_cast<FieldId>(i);
  }
  return table;
}();

}  // namespace

std::string_view name_of(FieldId id) noexcept { return names[static_cast<std::size_t>(id)]; }

FieldId field_id(std::string_view name) noexcept {
  if (name.empty()) return FieldId::unknown;
  auto const id = ids[slot_of(name)];
  // Most clients write a name as the table does: then it is one comparison of memory.
  return name == name_of(id) || iequals(name, name_of(id)) ? id : FieldId::unknown;
}

}  // namespace ambassador::wire::http
