#include "route/seen.hpp"

#include <algorithm>

namespace ambassador::route {

void SeenTally::saw(SeenDestination const& destination, SystemTime when) {
  auto at = calls_.find(destination);
  if (at == calls_.end()) {
    if (calls_.size() >= max_seen || destination.host.size() > max_host) {
      ++overflow_;
      return;
    }
    Owned key{destination.form, std::string{destination.host}, destination.port, std::string{destination.path}};
    at = calls_.emplace(std::move(key), Tally{}).first;
  }
  ++at->second.count;
  at->second.last = std::max(at->second.last, when);
}

void SeenTally::forget() {
  calls_.clear();
  overflow_ = 0;
}

void SeenTally::add_to(SeenCalls& out) const {
  out.overflow += overflow_;
  for (auto const& [key, tally] : calls_) {
    out.calls.push_back({key.form, key.host, key.port, key.path, tally.count, tally.last});
  }
}

}  // namespace ambassador::route
