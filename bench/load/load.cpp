#include "load/load.hpp"

#include <algorithm>

namespace ambassador::bench {

namespace {

SteadyTime now() noexcept { return std::chrono::steady_clock::now(); }

}  // namespace

Load::Load(Options const& options)
    : options_{options}, begin_{now()}, end_{begin_ + options.time}, schedule_{options.rate, begin_, end_} {
  for (std::size_t count = 0; count < options.connections; ++count) {
    connections_.emplace_back(poller_, options.entrance, Expectation{options.status, options.length}).open();
  }
}

Tally Load::run() {
  begin_calls();
  for (auto time = now(); !is_over(time); time = now()) {
    if (options_.mode == Mode::rate) begin_due_calls(time);
    for (auto const& event : poller_.wait(patience(now()))) {
      auto& connection = *static_cast<Connection*>(event.data.ptr);
      if (connection.is_calling()) {
        progressed(connection, connection.on_ready(scratch_));
      } else {
        lost_while_free(connection);
      }
    }
  }
  close_books();
  return tally_;
}

void Load::begin_calls() {
  for (auto& connection : connections_) {
    if (options_.mode == Mode::rate) {
      free_.push_back(&connection);
    } else {
      call(connection, now());
    }
  }
}

void Load::begin_due_calls(SteadyTime time) {
  while (!free_.empty() && schedule_.is_due(time)) {
    auto* const connection = free_.front();
    free_.pop_front();
    auto const due = schedule_.next();
    schedule_.take();
    call(*connection, due);
  }
}

void Load::call(Connection& connection, SteadyTime since) {
  ++calling_;
  progressed(connection, connection.call(options_.request, since));
}

void Load::progressed(Connection& connection, Connection::Progress progress) {
  if (progress == Connection::Progress::waiting) return;
  auto const time = now();
  count(connection, progress, time);
  go_on(connection, progress == Connection::Progress::failed, time);
}

/// A connection without a call hears of nothing but its end. It stays among the free ones.
void Load::lost_while_free(Connection& connection) {
  tally_.add(Failure::broken);
  if (has_more_to_begin(now())) return connection.open();
  connection.close();
}

void Load::count(Connection const& connection, Connection::Progress progress, SteadyTime time) {
  --calling_;
  if (progress == Connection::Progress::failed) return tally_.add(connection.failure());
  ++tally_.calls;
  if (time < end_) ++tally_.in_time;
  tally_.latencies.add(time - connection.since());
}

void Load::go_on(Connection& connection, bool failed, SteadyTime time) {
  bool const fresh = options_.mode == Mode::fresh;
  if (connection.is_ending() && !failed && !fresh) ++tally_.reconnects;
  if (!has_more_to_begin(time)) return connection.close();
  if (fresh || failed || connection.is_ending()) connection.open();
  if (options_.mode == Mode::rate) return free_.push_back(&connection);
  call(connection, time);
}

bool Load::has_more_to_begin(SteadyTime time) const noexcept {
  if (tally_.failed() >= failures_at_most) return false;
  return options_.mode == Mode::rate ? schedule_.has_more() : time < end_;
}

bool Load::is_over(SteadyTime time) const noexcept {
  return (calling_ == 0 && !has_more_to_begin(time)) || time >= end_ + drain_limit;
}

std::optional<std::chrono::nanoseconds> Load::patience(SteadyTime time) const noexcept {
  auto until = end_ + drain_limit;
  if (!free_.empty() && schedule_.has_more()) until = schedule_.next();
  return std::max(until - time, SteadyTime::duration::zero());
}

void Load::close_books() {
  for (auto const& connection : connections_) {
    tally_.bytes += connection.bytes();
    if (connection.is_calling()) tally_.add(Failure::timeout);
  }
  if (options_.mode == Mode::rate) {
    for (; schedule_.has_more(); schedule_.take()) ++tally_.unsent;
  }
  tally_.elapsed = options_.time;
}

}  // namespace ambassador::bench
