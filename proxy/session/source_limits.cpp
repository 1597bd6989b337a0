#include "session/source_limits.hpp"

namespace ambassador::session {
namespace {

std::int64_t nanoseconds(SteadyTime time) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace

SourceLimits::SourceLimits(std::vector<config::Mapping> const& map) : sources_(map.size()) {
  for (std::size_t i = 0; i < map.size(); ++i) {
    if (auto const& rate = map[i].rate) sources_[i].rate = balance::rate_limit(rate->requests, rate->per, rate->burst);
    sources_[i].most = map[i].requests;
  }
}

std::optional<unsigned> SourceLimits::over_rate(std::size_t mapping, SteadyTime now) noexcept {
  auto& source = sources_[mapping];
  if (!source.rate) return std::nullopt;
  auto const time = nanoseconds(now);
  if (balance::take(source.rate_state, *source.rate, time)) return std::nullopt;
  return static_cast<unsigned>(balance::retry_after_seconds(source.rate_state, *source.rate, time));
}

bool SourceLimits::begin_call(std::size_t mapping) noexcept {
  auto& source = sources_[mapping];
  auto const under_way = source.under_way.fetch_add(1, std::memory_order_relaxed);
  if (source.most == 0 || under_way < source.most) return true;
  end_call(mapping);
  return false;
}

}  // namespace ambassador::session
