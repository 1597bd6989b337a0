// Durations and sizes as a user writes them: in the largest unit that holds the value exactly.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <string>

namespace ambassador::config {

/// `1h`, `5m`, `2s`, `500ms` or `0`.
std::string duration_text(Milliseconds duration);

/// `1MiB`, `64KiB`, or plain bytes.
std::string size_text(std::uint64_t bytes);

}  // namespace ambassador::config
