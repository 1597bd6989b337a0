// Deadlines of connections: set with every call, looked at by every tick.
#include "net/timer_wheel.hpp"
#include "operation.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace ambassador::micro {
namespace {

using namespace std::chrono_literals;
using net::Deadline;
using net::TimerWheel;

constexpr auto keepalive = 75s;

void ignore(void*) {}

struct Wheel {
  SteadyTime now{};
  TimerWheel wheel{now};
  std::vector<std::unique_ptr<Deadline>> deadlines;

  explicit Wheel(std::size_t connections) {
    for (std::size_t i = 0; i < connections; ++i) {
      deadlines.push_back(std::make_unique<Deadline>(nullptr, ignore));
      deadlines.back()->set(wheel, now + keepalive + i * 1ms);
    }
  }
};

/// A connection at work: its deadline moves on and on.
Loop move_on() {
  return repeat([all = std::make_shared<Wheel>(1)] {
    all->now += 1ms;
    all->deadlines[0]->set(all->wheel, all->now + keepalive);
    return all->now;
  });
}

Loop set_and_clear() {
  return repeat([all = std::make_shared<Wheel>(1)] {
    all->deadlines[0]->set(all->wheel, all->now + 15s);
    all->deadlines[0]->clear();
    return all->now;
  });
}

/// With every tick one of the connections has a call, which moves its deadline on.
Loop tick(std::size_t connections) {
  return repeat([all = std::make_shared<Wheel>(connections), next = 0UL]() mutable {
    all->now += TimerWheel::tick;
    all->wheel.advance(all->now);
    all->deadlines[next++ % all->deadlines.size()]->set(all->wheel, all->now + keepalive);
    return all->now;
  });
}

}  // namespace

Operations timer_wheel() {
  return {
      {"timer/deadline moved on", move_on},
      {"timer/deadline set and cleared", set_and_clear},
      {"timer/tick with 1,000 connections", [] { return tick(1'000); }},
  };
}

}  // namespace ambassador::micro
