// How many calls may be made again, so that retries never become the load that keeps a sick service down. One budget holds
// for all workers: ten slots of a second, each a word of its second and its count. No lock, and no time but the one handed in.
#pragma once

#include "balance/endpoint.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ambassador::balance {

inline constexpr std::size_t budget_seconds = 10;
inline constexpr std::uint64_t requests_per_retry = 5;  ///< 20 %
inline constexpr std::uint64_t least_retries = 30;      ///< in `budget_seconds`, however few requests there are: 3/s

class RetryBudget {
 public:
  /// For each request of a client, whatever becomes of it; not for its further tries.
  void count_request(std::int64_t now_ns) noexcept { requests_.count(now_ns); }

  /// Whether a further try may be made; where it may, it is counted. Threads that ask at the same moment may get one each
  /// where only one was left.
  bool take(std::int64_t now_ns) noexcept;

 private:
  /// Counts of the last `budget_seconds`, the present second included.
  class Window {
   public:
    void count(std::int64_t now_ns) noexcept;
    [[nodiscard]] std::uint64_t sum(std::int64_t now_ns) const noexcept;

   private:
    std::array<std::atomic<std::uint64_t>, budget_seconds> slots_{};  ///< the second in the upper half, its count in the lower
  };

  alignas(64) Window requests_;
  alignas(64) Window retries_;
};

}  // namespace ambassador::balance
