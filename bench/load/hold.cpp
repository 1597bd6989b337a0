#include "load/hold.hpp"

#include "load/connection.hpp"

#include <array>
#include <cstdio>
#include <deque>

#include <unistd.h>

namespace ambassador::bench {

namespace {

constexpr std::size_t head_at_most = 16 * 1024;

class Holder {
 public:
  explicit Holder(Options const& options) : options_{options}, begin_{std::chrono::steady_clock::now()} {}

  void open_all() {
    while (has_more_to_open() || calling_ != 0) {
      while (calling_ < opening_at_once && has_more_to_open()) open_one();
      auto const left = begin_ + opening_limit - std::chrono::steady_clock::now();
      if (left.count() <= 0) break;
      take_events(left);
    }
    tally_.elapsed = std::chrono::steady_clock::now() - begin_;
  }

  Tally const& end() {
    // Whatever is heard now is that a connection was not kept.
    take_events(std::chrono::nanoseconds{0});
    for (auto const& connection : connections_) {
      tally_.bytes += connection.bytes();
      if (connection.is_calling()) tally_.add(Failure::timeout);
    }
    return tally_;
  }

  [[nodiscard]] std::uint64_t held() const noexcept { return tally_.calls; }

 private:
  [[nodiscard]] bool has_more_to_open() const noexcept {
    return connections_.size() < options_.connections && tally_.failed() == 0;
  }

  void open_one() {
    auto& connection = connections_.emplace_back(poller_, options_.entrance, Expectation{options_.status, options_.length});
    connection.open();
    ++calling_;
    progressed(connection, connection.call(options_.request, std::chrono::steady_clock::now()));
  }

  void take_events(std::chrono::nanoseconds patience) {
    for (auto const& event : poller_.wait(patience)) {
      auto& connection = *static_cast<Connection*>(event.data.ptr);
      bool const was_calling = connection.is_calling();
      auto const progress = connection.on_ready(scratch_);
      if (was_calling) {
        progressed(connection, progress);
      } else if (progress == Connection::Progress::failed) {
        lost(connection);
      }
    }
  }

  void progressed(Connection& connection, Connection::Progress progress) {
    if (progress == Connection::Progress::waiting) return;
    --calling_;
    if (progress == Connection::Progress::failed || connection.is_ending()) return lost(connection);
    ++tally_.calls;
    ++tally_.in_time;
    tally_.latencies.add(std::chrono::steady_clock::now() - connection.since());
  }

  void lost(Connection& connection) {
    tally_.add(connection.is_ending() ? Failure::broken : connection.failure());
    connection.close();
  }

  Options const& options_;
  SteadyTime begin_;
  Poller poller_;
  std::deque<Connection> connections_;
  std::array<char, head_at_most> scratch_{};
  std::size_t calling_ = 0;
  Tally tally_;
};

void wait_for_the_end_of_input() {
  std::array<char, 64> ignored{};
  while (::read(STDIN_FILENO, ignored.data(), ignored.size()) > 0) {
  }
}

}  // namespace

Tally hold(Options const& options) {
  Holder holder{options};
  holder.open_all();
  std::printf("held %llu\n", static_cast<unsigned long long>(holder.held()));
  std::fflush(stdout);
  wait_for_the_end_of_input();
  return holder.end();
}

}  // namespace ambassador::bench
