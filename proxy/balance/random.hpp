// Chance, from a seed that is handed in, and hashes that are the same in every process.
#pragma once

#include <cstdint>
#include <string_view>

namespace ambassador::balance {

/// The finaliser of SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014): each bit of
/// the input changes half of the output's.
constexpr std::uint64_t mix(std::uint64_t bits) noexcept {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

/// SplitMix64: one word of state, any seed is good, and the same numbers from every standard library, which none of the
/// library's own distributions promises. For shares, not for secrets.
class Random {
 public:
  constexpr explicit Random(std::uint64_t seed) noexcept : state_{seed} {}

  constexpr std::uint64_t next() noexcept { return mix(state_ += 0x9e3779b97f4a7c15); }

  /// From 0 up to, not including, 1.
  constexpr double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

/// FNV-1a, mixed: of a header's value, a cookie or an address, for Policy::hash. Not against people who choose their keys.
constexpr std::uint64_t stable_hash(std::string_view text) noexcept {
  std::uint64_t bits = 0xcbf29ce484222325;
  for (auto const letter : text) bits = (bits ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
  return mix(bits);
}

}  // namespace ambassador::balance
