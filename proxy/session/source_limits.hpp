// What all workers together count of each source for its `rate` and its `limits.requests`: relaxed atomics, no lock. A reload
// goes on with what was counted.
#pragma once

#include "balance/budget.hpp"
#include "balance/rate.hpp"
#include "config/settings/settings.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ambassador::session {

class SourceLimits {
 public:
  /// A source of the same text in `previous`, which may be null, is counted together with it: its calls under way, and what
  /// is used of its rate where that is the same.
  explicit SourceLimits(std::vector<config::Mapping> const& map, SourceLimits const* previous = nullptr);

  /// Nothing where a call may begin now, else after how many seconds to try again.
  [[nodiscard]] std::optional<unsigned> over_rate(std::size_t mapping, SteadyTime now) noexcept;

  /// How many of the source's calls may be tried again.
  [[nodiscard]] balance::RetryBudget& budget(std::size_t mapping) noexcept { return *sources_[mapping].budget; }

  /// Whether one more call may be under way; `end_call` gives its place back.
  [[nodiscard]] bool begin_call(std::size_t mapping) noexcept;
  void end_call(std::size_t mapping) noexcept { sources_[mapping].under_way->value.fetch_sub(1, std::memory_order_relaxed); }

 private:
  template <class T>
  struct alignas(64) Counted {
    std::atomic<T> value{0};
  };

  struct Source {
    std::string text;
    std::optional<config::Rate> written;
    std::optional<balance::RateLimit> rate;
    std::size_t most = 0;
    std::shared_ptr<Counted<std::int64_t>> rate_state;
    std::shared_ptr<Counted<std::size_t>> under_way;
    std::shared_ptr<balance::RetryBudget> budget;
  };

  void take_over(SourceLimits const& previous);

  std::vector<Source> sources_;
};

}  // namespace ambassador::session
