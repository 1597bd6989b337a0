// RFC 3339 UTC with milliseconds, `2026-11-22T06:34:54.903Z`, cheap enough for every call: the calendar is worked out
// once a second, the rest of the time only the milliseconds are written.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <string>

namespace ambassador::observe {

class TimestampWriter {
 public:
  /// Years 0000 to 9999.
  void append(std::string& out, SystemTime time);

 private:
  void write_second(std::int64_t second);

  std::int64_t second_ = std::numeric_limits<std::int64_t>::min();
  std::array<char, 24> text_{};
};

}  // namespace ambassador::observe
