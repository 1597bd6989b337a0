// What all workers together count of each source for its `rate` and its `limits.requests`: relaxed atomics, no lock.
#pragma once

#include "balance/budget.hpp"
#include "balance/rate.hpp"
#include "config/settings.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ambassador::session {

class SourceLimits {
 public:
  explicit SourceLimits(std::vector<config::Mapping> const& map);

  /// Nothing where a call may begin now, else after how many seconds to try again.
  [[nodiscard]] std::optional<unsigned> over_rate(std::size_t mapping, SteadyTime now) noexcept;

  /// How many of the source's calls may be tried again.
  [[nodiscard]] balance::RetryBudget& budget(std::size_t mapping) noexcept { return sources_[mapping].budget; }

  /// Whether one more call may be under way; `end_call` gives its place back.
  [[nodiscard]] bool begin_call(std::size_t mapping) noexcept;
  void end_call(std::size_t mapping) noexcept { sources_[mapping].under_way.fetch_sub(1, std::memory_order_relaxed); }

 private:
  struct alignas(64) Source {
    std::optional<balance::RateLimit> rate;
    std::atomic<std::int64_t> rate_state{0};
    balance::RetryBudget budget;
    std::size_t most = 0;
    std::atomic<std::size_t> under_way{0};
  };

  std::vector<Source> sources_;
};

}  // namespace ambassador::session
