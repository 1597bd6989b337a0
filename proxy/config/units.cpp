#include "config/units.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace ambassador::config {

std::string duration_text(Milliseconds duration) {
  struct Unit {
    std::uint64_t size;
    std::string_view name;
  };
  constexpr std::array units{Unit{3'600'000, "h"}, Unit{60'000, "m"}, Unit{1'000, "s"}};
  auto const milliseconds = static_cast<std::uint64_t>(duration.count());
  if (milliseconds == 0) return "0";
  for (auto const& unit : units) {
    if (milliseconds % unit.size == 0) return fmt::format("{}{}", milliseconds / unit.size, unit.name);
  }
  return fmt::format("{}ms", milliseconds);
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kib = 1024;
  if (bytes != 0 && bytes % (kib * kib) == 0) return fmt::format("{}MiB", bytes / (kib * kib));
  if (bytes != 0 && bytes % kib == 0) return fmt::format("{}KiB", bytes / kib);
  return fmt::format("{}", bytes);
}

}  // namespace ambassador::config
