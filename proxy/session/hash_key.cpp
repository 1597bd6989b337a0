#include "session/hash_key.hpp"

#include "balance/random.hpp"
#include "base/bytes.hpp"

#include <algorithm>

namespace ambassador::session {
namespace {

/// The address alone, because the connections of one client have many ports.
std::string_view without_port(std::string_view address) noexcept { return address.substr(0, address.rfind(':')); }

std::optional<std::string_view> cookie_of(std::span<wire::http::Field const> fields, std::string_view name) {
  for (auto const& field : fields) {
    if (!iequals(field.name, "cookie")) continue;
    for (auto rest = field.value; !rest.empty();) {
      auto const end = std::min(rest.find(';'), rest.size());
      auto const pair = trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      auto const equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> hash_of_key(config::HashKey const& key, std::span<wire::http::Field const> fields,
                                         std::string_view client) {
  std::optional<std::string_view> text;
  switch (key.of) {
    case config::HashKey::Of::client: text = without_port(client); break;
    case config::HashKey::Of::header: text = field_value(fields, key.name); break;
    case config::HashKey::Of::cookie: text = cookie_of(fields, key.name); break;
  }
  return text ? std::optional{balance::stable_hash(*text)} : std::nullopt;
}

std::optional<std::string_view> field_value(std::span<wire::http::Field const> fields, std::string_view name) {
  for (auto const& field : fields) {
    if (iequals(field.name, name)) return field.value;
  }
  return std::nullopt;
}

}  // namespace ambassador::session
