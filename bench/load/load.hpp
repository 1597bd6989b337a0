// A run against one server, on one thread: which connection calls when, and what is made of its progress. When the time is
// over no call is begun any more (at a rate: none that was due later), and those under way may end.
#pragma once

#include "load/connection.hpp"
#include "load/options.hpp"
#include "load/schedule.hpp"
#include "load/tally.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

namespace ambassador::bench {

/// How long calls may take beyond the end of the run.
inline constexpr std::chrono::seconds drain_limit{10};
/// A server that fails this often is not measured any further.
inline constexpr std::uint64_t failures_at_most = 1000;
inline constexpr std::size_t read_at_once = 64 * 1024;

class Load {
 public:
  explicit Load(Options const& options);

  Tally run();

 private:
  void begin_calls();
  void begin_due_calls(SteadyTime now);
  void call(Connection& connection, SteadyTime since);
  void progressed(Connection& connection, Connection::Progress progress);
  void count(Connection const& connection, Connection::Progress progress, SteadyTime now);
  void go_on(Connection& connection, bool failed, SteadyTime now);
  void lost_while_free(Connection& connection);
  void close_books();

  [[nodiscard]] bool is_over(SteadyTime now) const noexcept;
  [[nodiscard]] bool has_more_to_begin(SteadyTime now) const noexcept;
  [[nodiscard]] std::optional<std::chrono::nanoseconds> patience(SteadyTime now) const noexcept;

  Options const& options_;
  Poller poller_;
  std::deque<Connection> connections_;
  std::deque<Connection*> free_;  ///< at a rate: open, and without a call
  std::vector<char> scratch_ = std::vector<char>(read_at_once);
  SteadyTime begin_;
  SteadyTime end_;
  Schedule schedule_;
  std::size_t calling_ = 0;
  Tally tally_;
};

}  // namespace ambassador::bench
