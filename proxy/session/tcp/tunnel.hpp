// A connection whose bytes go on both ways and are not looked into: of a tcp:// source, a CONNECT, an upgraded HTTP call, or
// one that the kernel redirected here.
#pragma once

#include "net/relay.hpp"
#include "session/after.hpp"
#include "session/attempts.hpp"
#include "session/call.hpp"

namespace ambassador::session {

class Tunnel {
 public:
  /// Borrows all of it.
  Tunnel(Call& call, Attempts& attempts, net::Stream& client) noexcept : call_{call}, attempts_{attempts}, client_{client} {}

  /// Connects to the upstream: tries until a connection is open, or no other try may follow.
  net::Task<Result<void>> open();

  /// Passes bytes on until both sides have ended, and notes in the call's record how they did. What has to do with the two
  /// streams is added to `options`.
  net::Task<After> relay(net::RelayOptions options);

 private:
  void show_target();
  After take_end(net::Relayed const& relayed);

  Call& call_;
  Attempts& attempts_;
  net::Stream& client_;
};

}  // namespace ambassador::session
