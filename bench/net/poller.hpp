// One epoll set, level-triggered. Each descriptor is watched with a pointer to its owner.
#pragma once

#include "net/descriptor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <span>
#include <system_error>

#include <sys/epoll.h>

namespace ambassador::bench {

/// Events taken from the kernel at once.
inline constexpr std::size_t events_at_once = 256;

class Poller {
 public:
  Poller() : set_{::epoll_create1(EPOLL_CLOEXEC)} {
    if (!set_.is_open()) throw std::system_error{errno, std::system_category(), "epoll_create1"};
  }

  void add(int descriptor, std::uint32_t events, void* owner) { control(EPOLL_CTL_ADD, descriptor, events, owner); }
  void change(int descriptor, std::uint32_t events, void* owner) { control(EPOLL_CTL_MOD, descriptor, events, owner); }

  /// What is ready within `patience`; without one, it waits for ever. To the nanosecond, as epoll_wait is not.
  std::span<epoll_event const> wait(std::optional<std::chrono::nanoseconds> patience) {
    timespec limit{};
    if (patience) {
      auto const left = std::max(*patience, std::chrono::nanoseconds{0});
      limit.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count();
      limit.tv_nsec = (left % std::chrono::seconds{1}).count();
    }
    int const count = ::epoll_pwait2(set_.get(), events_.data(), events_.size(), patience ? &limit : nullptr, nullptr);
    if (count < 0 && errno != EINTR) throw std::system_error{errno, std::system_category(), "epoll_pwait2"};
    return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
  }

 private:
  void control(int operation, int descriptor, std::uint32_t events, void* owner) {
    epoll_event event{.events = events, .data = {.ptr = owner}};
    if (::epoll_ctl(set_.get(), operation, descriptor, &event) != 0) {
      throw std::system_error{errno, std::system_category(), "epoll_ctl"};
    }
  }

  Descriptor set_;
  std::array<epoll_event, events_at_once> events_{};
};

}  // namespace ambassador::bench
