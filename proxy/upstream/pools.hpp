// One worker's pools, by `host:port` and egress.
#pragma once

#include "upstream/pool.hpp"
#include "upstream/shared_upstreams.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

namespace ambassador::upstream {

class Pools {
 public:
  static constexpr std::size_t max_pools = 4096;  ///< beyond, unused ones are dropped before a new one is made

  Pools(PoolContext context, SharedUpstreams& shared);

  /// Shares `egress`, or borrows one that is not shared. A caller that uses the pool later keeps the pointer.
  std::shared_ptr<Pool> const& of(Authority const& upstream, Egress const& egress);
  void sweep(SteadyTime now);
  /// Ends the pools of each egress that is not in use any more, by `is_in_use(egress)`.
  template <class IsInUse>
  void close_others(IsInUse is_in_use) {
    std::erase_if(pools_, [&](auto const& item) {
      auto& pool = *item.second;
      if (is_in_use(pool.egress())) return false;
      pool.give_up_idle();
      return pool.unused();
    });
  }

 private:
  PoolContext context_;
  SharedUpstreams& shared_;
  std::string key_;
  std::unordered_map<std::string, std::shared_ptr<Pool>> pools_;
};

}  // namespace ambassador::upstream
