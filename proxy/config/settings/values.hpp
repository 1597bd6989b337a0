// The scalars: durations, sizes, counts, choices. Each reader reports what is wrong with the node, within the bounds of
// the node's key, and then has nothing to give.
#pragma once

#include "base/clock.hpp"
#include "config/document/node.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ambassador::config {

/// `500ms`, `2s`, `5m`, `1h`, or `0`.
std::optional<Milliseconds> read_duration(Node const& node, Report& report);

/// `64KiB`, `1MiB`, or plain bytes.
std::optional<std::size_t> read_size(Node const& node, Report& report);

std::optional<std::uint64_t> read_count(Node const& node, Report& report);

/// A text without control bytes; only of Form::text may it be empty.
std::optional<std::string> read_text(Node const& node, Report& report);

/// The index of the choice in the key's list.
std::optional<std::size_t> read_choice(Node const& node, Report& report);

/// `all` is 1, `errors` 0; or `0.25`, `25%`.
std::optional<double> read_share(Node const& node, Report& report);

/// `10`, `0.5` or `10%`, as a share: 0 to 1.
std::optional<double> read_percent(Node const& node, Report& report);

/// `true` or `false`, without quotes.
std::optional<bool> read_boolean(Node const& node, Report& report);

/// Only `true`, without quotes.
bool read_truth(Node const& node, Report& report);

/// Reports a single value that is not `word`, where only `word` or a section may be. Returns whether it is a single value.
bool is_word(Node const& node, std::string_view word, std::string hint, Report& report);

// A child of a section, by its name. Where it is absent or wrong, `value` stays as it is.

void read_duration_of(Node const& section, std::string_view name, Milliseconds& value, Report& report);
/// The key's bounds must be within those of `Number`.
template <class Number>
void read_count_of(Node const& section, std::string_view name, Number& value, Report& report) {
  if (auto const* const node = section.find(name)) value = static_cast<Number>(read_count(*node, report).value_or(value));
}
/// `percent`, as a share.
void read_percent_of(Node const& section, double& share, Report& report);

/// A `cert` without its `key`, or the other way round.
void refuse_half_a_pair(Node const& section, Report& report);

}  // namespace ambassador::config
