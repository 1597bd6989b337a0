// A listening socket of one worker. It takes what has come and goes on; where descriptors run out it waits, says so,
// and comes back by itself.
#pragma once

#include "base/result.hpp"
#include "net/stream.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>

namespace ambassador::net {

inline constexpr int accept_backlog = 4096;
inline constexpr std::size_t accepts_at_once = 64;  ///< before other work gets its turn
inline constexpr Milliseconds accept_pause{100};    ///< after accept failed for want of a resource

/// Opens, binds and listens. `share_port` sets SO_REUSEPORT, so that several workers can have a socket each.
/// `both_families`, of an IPv6 endpoint: IPv4 clients come there too, as ::ffff:a.b.c.d (RFC 4291 2.5.5.2).
/// Returns the descriptor; the failure's code is the system's.
Result<int> open_listening_socket(boost::asio::ip::tcp::endpoint endpoint, bool share_port, bool both_families = false);

/// The address that a socket is bound to, with the real port.
boost::asio::ip::tcp::endpoint bound_address(int descriptor);

class Listener {
 public:
  struct Handlers {
    std::function<void(int descriptor, boost::asio::ip::tcp::endpoint peer)> accepted;
    std::function<void(boost::system::error_code)> trouble;  ///< accepting pauses because of it
  };

  /// Owns the descriptor, which listens already.
  Listener(Executor executor, boost::asio::ip::tcp protocol, int descriptor, Handlers handlers);

  void start();
  /// Lets no new handshake begin; those under way come to their end. The client of one that was not let in tries again by
  /// itself after a second: then another process that shares the port has it, or it is refused. To be followed by `stop`.
  void turn_away();
  /// Takes what is left in the accept queue, and closes: no connection that the kernel has accepted is reset.
  void stop();

 private:
  void wait();
  /// False where accepting must pause.
  bool accept_waiting(std::size_t limit);

  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor> acceptor_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>
      pause_;
  Handlers handlers_;
  bool stopped_ = false;
};

}  // namespace ambassador::net
