// What `balance: hash` takes of a call, so that calls with the same key go to the same endpoint.
#pragma once

#include "config/settings/settings.hpp"
#include "wire/http/message.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ambassador::session {

/// Returns the hash of this part of a call, or nullopt if the call lacks it.
std::optional<std::uint64_t> hash_of_key(config::HashKey const& key, std::span<wire::http::Field const> fields,
                                         std::string_view client);

/// Returns the hash of the call's key. Returns nullopt if the source does not balance by a hash, or if the call lacks the key.
/// `client` is the client's `address:port`; a call that is not HTTP has no `fields`.
inline std::optional<std::uint64_t> hash_of(config::Mapping const& mapping, std::span<wire::http::Field const> fields,
                                            std::string_view client) {
  if (mapping.balance != config::Balance::hash) return std::nullopt;
  return hash_of_key(mapping.hash, fields, client);
}

/// Returns the value of the first field of this name, or nullopt if there is none.
std::optional<std::string_view> field_value(std::span<wire::http::Field const> fields, std::string_view name);

}  // namespace ambassador::session
