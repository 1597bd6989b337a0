// The client connections of one worker, and what they share: the memory that serves them.
#pragma once

#include "session/client_session.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ambassador::session {

/// Workspaces that no client has now, the one used last first.
class WorkspaceStock {
 public:
  static constexpr std::size_t max_kept = 128;

  std::unique_ptr<Workspace> take();
  void put(std::unique_ptr<Workspace> workspace);

 private:
  std::vector<std::unique_ptr<Workspace>> kept_;
};

/// The sessions of one worker.
class Sessions {
 public:
  /// Sessions that wait for their next call with all that a call needs. Beyond, they give it back at once.
  static constexpr std::size_t max_resting = WorkspaceStock::max_kept;

  /// `became_busy` is called when a call begins and none was under way.
  Sessions(Context& context, std::function<void()> became_busy) : context_{context}, became_busy_{std::move(became_busy)} {}
  ~Sessions();

  void open(int descriptor, std::string client, ListenerInfo const& listener);

  /// Closes the idle ones; the others end after the call under way.
  void drain();
  /// Ends the connections whose listener `is_closed` says is, after their call. They keep `policy`, the one it was of.
  template <class IsClosed>
  void retire(IsClosed is_closed, Policy& policy) {
    // The next is taken first: one that is idle may end at once.
    for (auto at = sessions_.begin(); at != sessions_.end();) {
      auto& session = *at++;
      if (is_closed(session.listener())) session.retire(policy);
    }
  }
  /// Whether a call under way or a connection needs it still.
  [[nodiscard]] bool uses(Policy const& policy) const noexcept;
  /// Ends the calls under way.
  void shut_down();
  /// Ends calls whose client is gone. From the worker's tick.
  void find_gone_clients();

  [[nodiscard]] std::size_t count() const noexcept { return sessions_.size(); }
  [[nodiscard]] bool busy() const noexcept { return busy_ != 0; }
  /// Those with a call under way, or a tunnel.
  [[nodiscard]] std::size_t busy_count() const noexcept { return busy_; }
  /// How often a call, or several in a row, or a tunnel has begun.
  [[nodiscard]] std::uint64_t calls_begun() const noexcept { return calls_begun_; }

 private:
  friend class ClientSession;
  using List = boost::intrusive::list<ClientSession>;

  void end(ClientSession& session) noexcept;
  void call_began();
  void call_ended() noexcept { --busy_; }
  [[nodiscard]] bool begin_rest() noexcept {
    bool const room = resting_ < max_resting;
    if (room) ++resting_;
    return room;
  }
  void end_rest() noexcept { --resting_; }

  Context& context_;
  std::function<void()> became_busy_;
  WorkspaceStock stock_;
  List sessions_;
  std::size_t busy_ = 0;
  std::uint64_t calls_begun_ = 0;
  bool draining_ = false;  ///< no connection is idle any more
  std::size_t resting_ = 0;
};

}  // namespace ambassador::session
