// A connection that is no HTTP: of a tcp:// source, or one that the kernel redirected here. It is passed on whole, and has one
// line in the log. What fails cannot be told to its client.
#pragma once

#include "session/after.hpp"
#include "session/attempts.hpp"
#include "session/call.hpp"
#include "session/tcp/tunnel.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <string_view>

namespace ambassador::session {

class TcpConnection {
 public:
  /// Borrows all of it. `address` is the client's `address:port`.
  TcpConnection(Context& context, Policy& policy, ListenerInfo const& listener, net::Stream& client, std::string_view address,
                CallStorage& storage);

  /// Serves the connection of a tcp:// source. `first` are bytes that have been read from it.
  net::Task<After> serve_source(std::string first);

  /// Serves a redirected connection: by the name that its TLS asks for, else by the address that it was meant for.
  net::Task<After> serve_redirected(boost::asio::ip::tcp::endpoint meant, std::string_view sni, std::string first);

  [[nodiscard]] Call& call() noexcept { return call_; }
  [[nodiscard]] Call const& call() const noexcept { return call_; }
  [[nodiscard]] Attempts& attempts() noexcept { return attempts_; }

 private:
  net::Task<After> pass_on(std::string first);
  void say_who_connects();
  After close_with(Problem problem);

  Call call_;
  Attempts attempts_{call_};
  Tunnel tunnel_;
};

}  // namespace ambassador::session
