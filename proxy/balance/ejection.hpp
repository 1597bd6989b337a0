// Passive ejection: who answers calls with nothing but errors gets none for a while. No timer: what time changes is worked
// out when it is asked for.
#pragma once

#include "balance/endpoint.hpp"

#include <chrono>
#include <cstdint>
#include <span>

namespace ambassador::balance {

inline constexpr std::uint32_t errors_to_eject = 5;  ///< in a row
inline constexpr std::int64_t ejection_ns = 30 * second_ns;
inline constexpr std::uint32_t most_ejections = 10;       ///< counted: the n-th in a row lasts `n x ejection_ns`
inline constexpr std::int64_t sweep_ns = 10 * second_ns;  ///< without an ejection; takes one from n

/// At most one of so many candidates is ejected at once; but always one may be.
inline constexpr std::size_t candidates_per_ejection = 10;

struct Ejection {
  bool now = false;                 ///< by this very failure
  std::chrono::nanoseconds time{};  ///< for how long
};

/// After an answer that is no error. The latency is the time to the response head.
void report_success(EndpointState& state, std::int64_t latency_ns, std::int64_t now_ns) noexcept;

/// After a failure that is the endpoint's fault. `all` are the candidates among which it is, of weight above 0 unless all are
/// 0; the last of them that is available is never ejected. Of failures at the same moment one ejects; where two workers eject
/// two endpoints at the same moment it may be one too many, which panic makes good.
Ejection report_failure(EndpointState& state, std::span<Candidate const> all, std::int64_t now_ns) noexcept;

}  // namespace ambassador::balance
