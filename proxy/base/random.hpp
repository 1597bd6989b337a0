// A source of random numbers that is handed in: each worker has its own, seeded where it begins, so that nothing pure asks
// for one and nothing is locked. Not for secrets.
#pragma once

#include <cstdint>
#include <random>

namespace ambassador {

using Random = std::mt19937_64;

/// Even in [0, 1), of one number that is even over all 64 bits.
constexpr double to_share(std::uint64_t dice) noexcept { return static_cast<double>(dice >> 11) * 0x1p-53; }

}  // namespace ambassador
