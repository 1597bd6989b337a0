// Deadlines are stored, not armed: setting one is a store, and the worker's tick looks only at the slot that is due.
// A deadline that was moved further off since it was put into its slot is simply put into a later one.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <cstddef>

namespace ambassador::net {

class TimerWheel;

/// One deadline of one owner. After it has passed, `expired()` stays true until it is set again or cleared.
class Deadline {
 public:
  /// `expire(owner)` is called once when the time passes.
  Deadline(void* owner, void (*expire)(void*)) noexcept : owner_{owner}, expire_{expire} {}
  ~Deadline() { unlink(); }
  Deadline(Deadline const&) = delete;
  Deadline& operator=(Deadline const&) = delete;

  void set(TimerWheel& wheel, SteadyTime when) noexcept;
  void clear() noexcept;
  [[nodiscard]] bool expired() const noexcept { return expired_; }

 private:
  friend class TimerWheel;

  [[nodiscard]] bool linked() const noexcept { return previous_ != nullptr; }
  void unlink() noexcept;

  void* owner_;
  void (*expire_)(void*);
  Deadline** previous_ = nullptr;  ///< the pointer that points here
  Deadline* next_ = nullptr;
  SteadyTime when_{};
  SteadyTime slot_time_{};  ///< when the slot it is in comes up
  bool armed_ = false;
  bool expired_ = false;
};

class TimerWheel {
 public:
  static constexpr Milliseconds tick{50};  ///< a deadline passes at most this much late
  static constexpr std::size_t slots = 512;

  explicit TimerWheel(SteadyTime now) noexcept : now_{now} {}
  ~TimerWheel();
  TimerWheel(TimerWheel const&) = delete;
  TimerWheel& operator=(TimerWheel const&) = delete;

  /// Expires what is due. Every slot between the last call's time and `now` is looked at once.
  void advance(SteadyTime now) noexcept;

 private:
  friend class Deadline;

  void insert(Deadline& deadline) noexcept;
  void run_slot(std::size_t slot) noexcept;

  SteadyTime now_;  ///< the time of the slot at `cursor_`
  std::size_t cursor_ = 0;
  std::array<Deadline*, slots> heads_{};
};

}  // namespace ambassador::net
