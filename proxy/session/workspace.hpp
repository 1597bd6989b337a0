// All that a client needs while it is not idle: the call under way, and memory that one call after the other uses. The worker
// keeps workspaces from client to client, so that a call allocates next to nothing.
#pragma once

#include "session/http/exchange.hpp"
#include "session/tcp/connection.hpp"

#include <optional>

namespace ambassador::session {

class Workspace {
 public:
  ClientLeg client;

  Workspace() = default;
  Workspace(Workspace const&) = delete;
  Workspace& operator=(Workspace const&) = delete;
  /// A call that is still under way is not logged, because nobody knows its outcome.
  ~Workspace();

  /// Takes up the client that is to be served, for as long as it is not idle. `address` outlives that.
  void attach(net::Stream& stream, std::string_view address, std::optional<boost::asio::ip::tcp::endpoint> const& redirected);
  /// The client is idle or gone: nothing of it is kept.
  void detach() noexcept;

  Exchange& begin_exchange(Context& context, Policy& policy, ListenerInfo const& listener);
  TcpConnection& begin_tcp(Context& context, Policy& policy, ListenerInfo const& listener);
  /// Counts and logs a connection that ends before anything of a call has come. `detail` says more of the failure.
  void refuse_connection(Failure const& failure, std::string_view detail, Context& context, ListenerInfo const& listener);
  /// Ends the call under way, if there is one: it is logged.
  void end_call() noexcept;

  /// The tries of the call under way; null if there is none.
  [[nodiscard]] Attempts* attempts() noexcept;
  /// Whether the call under way is judged by this policy.
  [[nodiscard]] bool uses(Policy const& policy) const noexcept;
  /// What the last call asked for.
  [[nodiscard]] Authority const& asked() const noexcept { return storage_.url.authority; }

 private:
  CallStorage storage_;
  UpstreamLeg upstream_;
  // One of the two is the call under way.
  std::optional<Exchange> exchange_;
  std::optional<TcpConnection> connection_;
};

}  // namespace ambassador::session
