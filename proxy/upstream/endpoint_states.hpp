// What all workers together know of the endpoints of the sources: one EndpointState for each source and address, for as long
// as any worker uses it.
#pragma once

#include "balance/endpoint.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace ambassador::upstream {

class EndpointStates {
 public:
  /// `source` as written, `address` as `address:port`.
  std::shared_ptr<balance::EndpointState> of(std::string const& source, std::string const& address);

  /// Those in use, by source and then by address.
  void for_each(std::function<void(std::string const& source, std::string const& address,
                                   balance::EndpointState const& state)> const& each) const;

 private:
  mutable std::mutex mutex_;  // taken when a worker meets an endpoint, and at a scrape; never on a request's path
  std::map<std::pair<std::string, std::string>, std::weak_ptr<balance::EndpointState>> known_;
};

}  // namespace ambassador::upstream
