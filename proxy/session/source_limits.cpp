#include "session/source_limits.hpp"

#include <algorithm>

namespace ambassador::session {
SourceLimits::SourceLimits(std::vector<config::Mapping> const& map, SourceLimits const* previous) : sources_(map.size()) {
  for (std::size_t i = 0; i < map.size(); ++i) {
    auto& source = sources_[i];
    source.text = map[i].source_text;
    source.written = map[i].rate;
    if (auto const& rate = source.written) source.rate = balance::rate_limit(rate->requests, rate->per, rate->burst);
    source.most = map[i].requests;
  }
  if (previous != nullptr) take_over(*previous);
  for (auto& source : sources_) {
    if (!source.rate_state) source.rate_state = std::make_shared<Counted<std::int64_t>>();
    if (!source.budget) source.budget = std::make_shared<balance::RetryBudget>();
    if (!source.under_way) source.under_way = std::make_shared<Counted<std::size_t>>();
  }
}

/// Sources of one text, which differ in `when`, are taken in their order.
void SourceLimits::take_over(SourceLimits const& previous) {
  std::vector<Source const*> left;
  for (auto const& source : previous.sources_) left.push_back(&source);
  for (auto& source : sources_) {
    auto const same = std::find_if(left.begin(), left.end(), [&](auto const* other) { return other->text == source.text; });
    if (same == left.end()) continue;
    source.under_way = (*same)->under_way;
    source.budget = (*same)->budget;
    if ((*same)->written == source.written) source.rate_state = (*same)->rate_state;
    left.erase(same);
  }
}

std::optional<unsigned> SourceLimits::over_rate(std::size_t mapping, SteadyTime now) noexcept {
  auto& source = sources_[mapping];
  if (!source.rate) return std::nullopt;
  auto const time = nanoseconds(now);
  if (balance::take(source.rate_state->value, *source.rate, time)) return std::nullopt;
  return static_cast<unsigned>(balance::retry_after_seconds(source.rate_state->value, *source.rate, time));
}

bool SourceLimits::begin_call(std::size_t mapping) noexcept {
  auto& source = sources_[mapping];
  auto const under_way = source.under_way->value.fetch_add(1, std::memory_order_relaxed);
  if (source.most == 0 || under_way < source.most) return true;
  end_call(mapping);
  return false;
}

}  // namespace ambassador::session
