// The calls of one worker that the configuration does not cover. `suggest` reads them from another thread, so they have a lock.
// A covered call does not take it.
#pragma once

#include "route/seen.hpp"

#include <mutex>

namespace ambassador::session {

/// A SeenTally with a lock around it.
class Seen {
 public:
  /// The worker's, at the end of a call that was blocked or reported.
  void saw(route::SeenDestination const& destination, SystemTime when) {
    std::lock_guard const lock{mutex_};
    tally_.saw(destination, when);
  }

  /// What was seen is covered now, perhaps: a reload.
  void forget() {
    std::lock_guard const lock{mutex_};
    tally_.forget();
  }

  /// From any thread: appends what was seen to `out`, in order.
  void add_to(route::SeenCalls& out) const {
    std::lock_guard const lock{mutex_};
    tally_.add_to(out);
  }

 private:
  mutable std::mutex mutex_;
  route::SeenTally tally_;
};

}  // namespace ambassador::session
