#include "upstream/pools.hpp"

namespace ambassador::upstream {

Pools::Pools(PoolContext context, SharedUpstreams& shared) : context_{context}, shared_{shared} {}

std::shared_ptr<Pool> const& Pools::of(Authority const& upstream, Egress const& egress) {
  key_.assign(upstream.host).append(":").append(std::to_string(upstream.port));
  if (egress.id != 0) key_.append("/").append(std::to_string(egress.id));
  if (auto const found = pools_.find(key_); found != pools_.end()) return found->second;
  if (pools_.size() >= max_pools)
    std::erase_if(pools_, [](auto const& item) { return item.second.use_count() == 1 && item.second->unused(); });
  return pools_.emplace(key_, std::make_shared<Pool>(context_, upstream, egress, shared_.of(key_))).first->second;
}

void Pools::sweep(SteadyTime now) {
  for (auto& [key, pool] : pools_) pool->sweep(now);
}

}  // namespace ambassador::upstream
