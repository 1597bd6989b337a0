// Something that happens once and that one coroutine of the same worker may wait for.
#pragma once

#include "net/stream.hpp"

#include <boost/asio/steady_timer.hpp>

namespace ambassador::net {

class Event {
 public:
  explicit Event(Executor executor) : timer_{executor, SteadyTime::max()} {}

  void set() {
    happened_ = true;
    timer_.cancel();
  }
  [[nodiscard]] bool happened() const noexcept { return happened_; }

  /// Ends a wait under way though nothing happened.
  void interrupt() { timer_.cancel(); }

  /// Await it in a loop `while (!event.happened())`: a cancelled timer is all that ends the wait.
  [[nodiscard]] auto wait() { return timer_.async_wait(awaiting); }

  /// Lets the wait end at `when` even if nothing happened. Before `wait()`.
  void give_up_at(SteadyTime when) { timer_.expires_at(when); }

 private:
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>
      timer_;
  bool happened_ = false;
};

}  // namespace ambassador::net
