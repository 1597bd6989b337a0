// Happy Eyeballs (RFC 8305 section 5): an address that does not answer soon gets company from the next, and the first
// connection that stands is taken.
#pragma once

#include "base/result.hpp"
#include "net/event.hpp"
#include "upstream/connection.hpp"
#include "upstream/wish.hpp"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace ambassador::upstream {

/// How long an address is alone before the next is tried beside it.
inline constexpr Milliseconds attempt_delay{250};

class ConnectRace {
 public:
  ConnectRace(net::Executor executor, net::TimerWheel& wheel) : executor_{executor}, wheel_{wheel} {}

  /// Tries the endpoints in this order until `limit`. The last failure where none answers, at Stage::connect; timed_out where
  /// the time was up first; operation_aborted when the wish is given up. `tried` is the one that was begun with last.
  net::Task<Result<std::unique_ptr<Connection>>> run(std::span<EndpointPtr const> endpoints, SteadyTime limit, Wish& wish,
                                                     EndpointPtr& tried);

 private:
  struct Runner {
    std::unique_ptr<Connection> connection;
    boost::system::error_code code;
    bool ended = false;
  };

  void start(EndpointPtr const& endpoint, SteadyTime limit);
  net::Task<void> run_one(Runner& runner);
  net::Task<void> wait_until(SteadyTime when);
  net::Task<void> end_others();
  [[nodiscard]] Runner* winner() noexcept;
  [[nodiscard]] bool any_runs() const noexcept;

  net::Executor executor_;
  net::TimerWheel& wheel_;
  std::vector<std::unique_ptr<Runner>> runners_;
  std::optional<net::Event> progress_;  ///< one of them ended
};

}  // namespace ambassador::upstream
