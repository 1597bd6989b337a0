// The addresses that the process listens at. A configuration's are opened before it comes into force; those that were open
// before are kept as they are, so that no connection is lost.
#pragma once

#include "app/machine/port_guard.hpp"
#include "app/worker.hpp"
#include "config/settings/settings.hpp"
#include "observe/event_log.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::app {

/// An address that could not be listened on, as a message that says which, why and what to do.
struct CannotListen {
  std::string message;
};

/// `what`: "listen" or "admin".
CannotListen cannot_listen(config::ListenAddress const& address, boost::system::error_code code, std::string_view what);

/// Whether the machine lacks the address family, or the loopback address of it.
bool is_missing_family(boost::system::error_code code);

/// Returns the address as a socket takes it.
boost::asio::ip::tcp::endpoint endpoint_of(config::ListenAddress const& address);

/// An address with its sockets, one a worker.
struct BoundAddress {
  std::uint64_t number = 0;
  config::ListenAddress address;            ///< as the settings have it
  boost::asio::ip::tcp::endpoint endpoint;  ///< with the real port
};

/// What other settings make of the addresses. Sockets that nobody took are closed with it.
class ListenerChange {
 public:
  ListenerChange() = default;
  ~ListenerChange();
  ListenerChange(ListenerChange&& other) noexcept;
  ListenerChange& operator=(ListenerChange&&) = delete;

  /// All that are listened at then, in the settings' order.
  std::vector<BoundAddress> addresses;
  std::vector<std::uint64_t> added;

  /// The new sockets of one worker, which owns them then.
  [[nodiscard]] std::vector<ListeningSocket> take_sockets(std::size_t worker);

 private:
  friend class Listeners;

  std::vector<std::vector<ListeningSocket>> sockets_;  ///< by worker
};

/// Of the control thread alone.
class Listeners {
 public:
  Listeners(unsigned workers, bool share_port, observe::EventLog& events)
      : workers_{workers}, share_port_{share_port}, events_{events} {}

  /// Opens what is not open yet. If one fails, nothing has changed.
  boost::system::result<ListenerChange, CannotListen> open(std::vector<config::ListenAddress> const& wanted);
  /// The change is in force. Those that it has not any more are the result.
  std::vector<BoundAddress> take(ListenerChange const& change);

  [[nodiscard]] std::vector<BoundAddress> const& addresses() const noexcept { return addresses_; }

 private:
  [[nodiscard]] BoundAddress const* find_open(config::ListenAddress const& address, ListenerChange const& change) const;
  std::optional<CannotListen> open_new(config::ListenAddress const& address, ListenerChange& change);
  [[nodiscard]] boost::system::error_code probe(boost::asio::ip::tcp::endpoint const& endpoint) const;
  [[nodiscard]] std::optional<CannotListen> judge(config::ListenAddress const& address, boost::system::error_code code) const;
  void release_unless_open(std::uint16_t port);

  unsigned workers_;
  bool share_port_;
  observe::EventLog& events_;
  machine::PortGuard guard_;
  std::vector<BoundAddress> addresses_;
  std::uint64_t last_number_ = 0;
};

}  // namespace ambassador::app
