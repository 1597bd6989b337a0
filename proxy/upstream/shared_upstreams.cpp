#include "upstream/shared_upstreams.hpp"

namespace ambassador::upstream {

std::shared_ptr<balance::UpstreamCounts> SharedUpstreams::of(std::string const& key) {
  std::lock_guard const lock{mutex_};
  if (known_.size() >= max_known) std::erase_if(known_, [](auto const& item) { return item.second.expired(); });
  auto& known = known_[key];
  auto counts = known.lock();
  if (!counts) known = counts = std::make_shared<balance::UpstreamCounts>();
  return counts;
}

}  // namespace ambassador::upstream
