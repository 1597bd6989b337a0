#include "upstream/endpoint_states.hpp"

namespace ambassador::upstream {

std::shared_ptr<balance::EndpointState> EndpointStates::of(std::string const& source, std::string const& address) {
  std::lock_guard const lock{mutex_};
  std::erase_if(known_, [](auto const& item) { return item.second.expired(); });
  auto& known = known_[{source, address}];
  auto state = known.lock();
  if (!state) known = state = std::make_shared<balance::EndpointState>();
  return state;
}

void EndpointStates::for_each(std::function<void(std::string const& source, std::string const& address,
                                                 balance::EndpointState const& state)> const& each) const {
  std::lock_guard const lock{mutex_};
  for (auto const& [key, known] : known_) {
    if (auto const state = known.lock()) each(key.first, key.second, *state);
  }
}

}  // namespace ambassador::upstream
