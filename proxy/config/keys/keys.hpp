// The one table of keys. The reader, the schema, the environment's names, the hints for misspelt keys and the test of the
// documentation all read it; a key that is not in it does not exist.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::config {

/// What may be written as the value of a key.
enum class Form : std::uint8_t {
  section,    ///< keys of its own
  sections,   ///< a list of sections
  timeouts,   ///< a section, or a duration that means its `response`
  listeners,  ///< an address, a section `path[]`, or a list of these
  address,
  admin,
  choice,
  duration,
  size,
  count,
  workers,
  share,
  source,
  target,
  targets,    ///< a target, or a list of these and of sections `path[]`
  copies_to,  ///< a target of http:// or https://
  hash,       ///< `client`, or a section
  health,     ///< `tcp`, or a section
  url_path,
  causes,   ///< a list of the key's choices
  percent,  ///< a number from 0 to 100, decimals too
  methods,
  headers,      ///< fields and their values
  field,        ///< the name of a field
  field_names,  ///< a list of them
  cookie,       ///< the name of one
  allow,        ///< a list of destinations and of sections `path[]`
  destination,
  networks,
  proxy,         ///< a URL, or a section
  proxy_or_off,  ///< the same, or `off`
  proxy_url,
  file,
  host,
  text,
  port,
  request,
  url,
  truth,    ///< only `true`
  boolean,  ///< `true` or `false`
};

struct Key {
  std::string_view path{};  ///< `map[].timeout.connect`; `[]` stands for the entries of a list
  Form form = Form::section;
  std::string_view fallback{};  ///< the default, as a user would write it; empty where there is none
  std::string_view doc{};       ///< one sentence
  std::string_view choices{};   ///< of Form::choice and Form::causes: `block|report|allow`
  std::uint64_t least = 0;      ///< of a number: milliseconds, bytes or a count
  std::uint64_t most = 0;
  bool may_be_zero = false;  ///< of a duration: 0 means never
  bool required = false;     ///< in each entry of its list
  std::string_view since = "0.1";
};

/// Every key of this version, each after the section that holds it.
std::span<Key const> all_keys() noexcept;

/// Nothing where this version has no such key.
Key const* find_key(std::string_view path) noexcept;

/// The keys directly under `path` (a section's, or of the entries of a list), in the table's order; "" is the top level.
std::vector<Key const*> keys_under(std::string_view path);

/// The last part of the key's path: `connect`.
std::string_view name_of(Key const& key) noexcept;

/// The variable that sets the key, or an empty text: `AMBASSADOR_TIMEOUT_CONNECT`. Keys inside a list have none.
std::string environment_name(Key const& key);

/// The key's form in words, with its bounds: "a duration from 1ms to 24h, such as 500ms, 2s, 5m or 1h".
std::string form_in_words(Key const& key);

/// The choices of a key, one by one.
std::vector<std::string> choices_of(Key const& key);

/// "block, report or allow".
std::string choices_in_words(Key const& key);

}  // namespace ambassador::config
