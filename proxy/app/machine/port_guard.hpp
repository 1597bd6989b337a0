// Workers share a port by SO_REUSEPORT, and so could any other process of this user, unseen. An ambassador that was not
// told to share holds a name beside each of its ports, in the same network namespace; one that was told to share looks
// for that name first.
#pragma once

#include <cstdint>
#include <map>

namespace ambassador::app::machine {

class PortGuard {
 public:
  PortGuard() = default;
  ~PortGuard();
  PortGuard(PortGuard const&) = delete;
  PortGuard& operator=(PortGuard const&) = delete;

  /// Takes the name of `port`, until this object ends. Returns false if another ambassador has it.
  bool hold(std::uint16_t port);
  void release(std::uint16_t port);
  /// Whether this one has it.
  [[nodiscard]] bool holds(std::uint16_t port) const { return held_.contains(port); }
  /// Whether another ambassador keeps `port` for itself.
  [[nodiscard]] static bool is_held(std::uint16_t port);

 private:
  std::map<std::uint16_t, int> held_;
};

}  // namespace ambassador::app::machine
