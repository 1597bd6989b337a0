// Faults under the product, without a seam in it: this executable defines `recv`, `send`, `sendmsg`, `splice`, `pipe2`,
// `connect`, `accept4` and `epoll_ctl` itself, passes them on, and lets the n-th one of one worker fail. Whose thread it is
// shows at its listener: the thread that accepts on a plan's port follows that plan from there on. Scripted peers on other
// threads are left alone.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>

namespace ambassador::faults {

enum class Way : std::uint8_t {
  none,
  reset,        ///< the peer, or its kernel, broke the connection off: both directions are gone
  close,        ///< the peer sends no more, or takes no more
  stall,        ///< from then on nothing moves in this direction
  short_read,   ///< one byte comes, the rest later
  short_write,  ///< one byte goes
};

char const* name(Way way) noexcept;

/// The n-th call of the worker that accepts on `port` fails; `nth` counts from 1, 0 is never. In force while it lives,
/// and it must outlive the worker.
class FaultPlan {
 public:
  FaultPlan(std::uint16_t port, Way way, unsigned nth);
  ~FaultPlan();
  FaultPlan(FaultPlan const&) = delete;
  FaultPlan& operator=(FaultPlan const&) = delete;

  /// From here on calls are not counted any more; a connection that is broken stays so.
  void end() noexcept { ended_ = true; }
  [[nodiscard]] unsigned calls() const noexcept { return calls_; }
  /// Whether the n-th call was made.
  [[nodiscard]] bool reached() const noexcept { return nth_ != 0 && calls_ >= nth_; }
  /// Whose connection failed. Neither where none did: a connection was not made, or there was no pipe.
  enum class Leg : std::uint8_t { neither, client, upstream };
  [[nodiscard]] Leg failed_leg() const noexcept { return failed_leg_; }

  // For the calls, on the worker's thread.

  enum class Call : std::uint8_t { receive, send, connect, accept, pipe };

  /// Counts a call on `descriptor`, and says how it fails.
  Way next(Call call, int descriptor);

 private:
  struct Broken {
    Way receive = Way::none;
    Way send = Way::none;
  };

  void break_connection(Call call, int descriptor, std::uint64_t cookie);

  std::uint16_t const port_;
  Way const way_;
  unsigned const nth_;
  std::atomic<unsigned> calls_{0};
  std::atomic<bool> ended_{false};
  std::atomic<Leg> failed_leg_{Leg::neither};
  std::map<std::uint64_t, Broken> broken_;  ///< by the socket's cookie: a descriptor's number is used again
};

}  // namespace ambassador::faults
