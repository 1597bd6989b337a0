#include "balance/budget.hpp"

#include <algorithm>

namespace ambassador::balance {
namespace {

constexpr unsigned second_shift = 32;
constexpr std::uint64_t count_mask = 0xffff'ffff;

/// Counted from 1, so that an empty slot is of no second; it fits 32 bits for 136 years of uptime.
std::uint64_t second_of(std::int64_t now_ns) noexcept { return static_cast<std::uint64_t>(now_ns / second_ns) + 1; }

}  // namespace

void RetryBudget::Window::count(std::int64_t now_ns) noexcept {
  auto const second = second_of(now_ns);
  auto& slot = slots_[second % budget_seconds];
  auto seen = slot.load(std::memory_order_relaxed);
  while (seen >> second_shift < second) {
    if (slot.compare_exchange_weak(seen, second << second_shift | 1, std::memory_order_relaxed)) return;
  }
  slot.fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t RetryBudget::Window::sum(std::int64_t now_ns) const noexcept {
  auto const second = second_of(now_ns);
  std::uint64_t sum = 0;
  for (auto const& slot : slots_) {
    auto const seen = slot.load(std::memory_order_relaxed);
    if ((seen >> second_shift) + budget_seconds > second) sum += seen & count_mask;
  }
  return sum;
}

bool RetryBudget::take(std::int64_t now_ns) noexcept {
  auto const allowed = std::max(least_retries, requests_.sum(now_ns) / requests_per_retry);
  if (retries_.sum(now_ns) >= allowed) return false;
  retries_.count(now_ns);
  return true;
}

}  // namespace ambassador::balance
