// What the service manager that started us is told: when calls are served, while the configuration is read again, and when
// the end begins. The protocol of sd_notify(3): a datagram to the socket that NOTIFY_SOCKET names. Who started us otherwise
// set no such variable, and nothing is said.
#pragma once

#include <boost/system/error_code.hpp>

#include <cstdint>
#include <string_view>

namespace ambassador::app::machine {

enum class ServiceState : std::uint8_t {
  ready,      ///< calls are served; also after `reloading`, whatever became of that
  reloading,  ///< the configuration is being read
  stopping,   ///< the end has begun
};

/// `address` is NOTIFY_SOCKET's value: a path, or `@` and an abstract name; empty: there is nobody to tell. Does not wait.
boost::system::error_code tell_service_manager(std::string_view address, ServiceState state);

}  // namespace ambassador::app::machine
