// What all workers together hold of each upstream.
#pragma once

#include "balance/pool_state.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace ambassador::upstream {

/// Hands every worker the same counts for the same upstream.
class SharedUpstreams {
 public:
  static constexpr std::size_t max_known = 16'384;  ///< beyond, those that no worker holds are forgotten

  /// `key` names the upstream and the egress.
  std::shared_ptr<balance::UpstreamCounts> of(std::string const& key);

 private:
  std::mutex mutex_;  // taken when a worker first meets an upstream, never on a request's path
  std::unordered_map<std::string, std::weak_ptr<balance::UpstreamCounts>> known_;
};

}  // namespace ambassador::upstream
