#include "net/timer_wheel.hpp"

#include <algorithm>
#include <utility>

namespace ambassador::net {

void Deadline::set(TimerWheel& wheel, SteadyTime when) noexcept {
  when_ = when;
  armed_ = true;
  expired_ = false;
  if (linked() && slot_time_ <= when) return;  // its slot finds it a later one
  unlink();
  wheel.insert(*this);
}

void Deadline::clear() noexcept {
  armed_ = false;
  expired_ = false;
}

void Deadline::unlink() noexcept {
  if (!linked()) return;
  *previous_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  previous_ = nullptr;
  next_ = nullptr;
}

TimerWheel::~TimerWheel() {
  for (auto& head : heads_) {
    while (head != nullptr) head->unlink();
  }
}

void TimerWheel::insert(Deadline& deadline) noexcept {
  auto const wait = std::max(deadline.when_ - now_, SteadyTime::duration{0});
  auto const ticks =
      std::clamp<std::size_t>(static_cast<std::size_t>((wait + tick - std::chrono::nanoseconds{1}) / tick), 1, slots - 1);
  deadline.slot_time_ = now_ + ticks * tick;
  auto& head = heads_[(cursor_ + ticks) % slots];
  deadline.next_ = head;
  deadline.previous_ = &head;
  if (head != nullptr) head->previous_ = &deadline.next_;
  head = &deadline;
}

void TimerWheel::run_slot(std::size_t slot) noexcept {
  // Owners may set or drop any deadline while they are told: the list is detached, and taken one by one.
  Deadline* due = std::exchange(heads_[slot], nullptr);
  if (due != nullptr) due->previous_ = &due;
  while (due != nullptr) {
    auto& deadline = *due;
    deadline.unlink();
    if (!deadline.armed_) continue;
    if (deadline.when_ > now_) {
      insert(deadline);
      continue;
    }
    deadline.armed_ = false;
    deadline.expired_ = true;
    deadline.expire_(deadline.owner_);
  }
}

void TimerWheel::advance(SteadyTime now) noexcept {
  if (now - now_ > slots * tick) now_ = now - slots * tick;  // the process slept: one turn sees every slot
  while (now_ + tick <= now) {
    now_ += tick;
    cursor_ = (cursor_ + 1) % slots;
    run_slot(cursor_);
  }
}

}  // namespace ambassador::net
