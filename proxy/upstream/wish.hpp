// A connection that a call waits for, so that the call can give it up: whoever opens it says here what it waits for.
#pragma once

#include "net/event.hpp"

namespace ambassador::upstream {

class Wish {
 public:
  void give_up() {
    given_up_ = true;
    if (event_ != nullptr) event_->interrupt();
    if (stream_ != nullptr) stream_->cancel();
  }
  [[nodiscard]] bool given_up() const noexcept { return given_up_; }

  // For those who fulfil it.

  /// A new one: nobody has given it up.
  void make() noexcept { *this = {}; }
  void waits_for(net::Event& event) noexcept { event_ = &event; }
  void waits_for(net::Stream& stream) noexcept { stream_ = &stream; }
  /// Not left to a destructor: a coroutine that never goes on may be destroyed after its wish.
  void waits_no_more() noexcept {
    event_ = nullptr;
    stream_ = nullptr;
  }

 private:
  net::Event* event_ = nullptr;
  net::Stream* stream_ = nullptr;
  bool given_up_ = false;
};

}  // namespace ambassador::upstream
