// What a run gave: calls, bytes, failures by kind, latencies.
#pragma once

#include "load/histogram.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>

namespace ambassador::bench {

enum class Failure : std::uint8_t {
  connect,    ///< nothing could be sent
  broken,     ///< ended or reset before the answer was whole
  status,     ///< another status than the expected one
  length,     ///< a body of another length
  malformed,  ///< no HTTP
  timeout,    ///< no whole answer until the end of the run, and some time beyond
};
inline constexpr std::array<std::string_view, 6> failure_names{"connect", "broken", "status", "length", "malformed", "timeout"};

struct Tally {
  std::uint64_t calls = 0;       ///< answered as expected
  std::uint64_t in_time = 0;     ///< of these, before the time was over
  std::uint64_t bytes = 0;       ///< received, heads included
  std::uint64_t reconnects = 0;  ///< connections that the server ended, saying so, where they were to be kept
  std::uint64_t unsent = 0;      ///< calls that were due and found no free connection until the end
  std::chrono::nanoseconds elapsed{0};
  std::array<std::uint64_t, failure_names.size()> failures{};
  Histogram latencies;

  void add(Failure kind) noexcept { ++failures[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] std::uint64_t failed() const noexcept {
    return std::accumulate(failures.begin(), failures.end(), std::uint64_t{0});
  }
};

/// As one line of JSON; latencies in µs.
std::string to_json(Tally const& tally);

}  // namespace ambassador::bench
