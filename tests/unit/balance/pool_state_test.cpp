// The life of a pool's connections without a socket: numbers stand for what is sent over them.
#include "balance/pool_state.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <random>

namespace ambassador::balance::pool_state_test {
namespace {

using namespace std::chrono_literals;

struct Endpoint {
  bool gone = false;
};

/// Counts itself among those that are open.
struct Connection {
  Connection(int its_number, Endpoint* to, int& count) : number{its_number}, endpoint{to}, open{count} { ++open; }
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;
  ~Connection() { --open; }

  int number;
  Endpoint* endpoint;
  int& open;
  std::uint64_t tls_generation = 0;
  SteadyTime idle_since{};
  IdleInput input = IdleInput::none;
};

using Handle = std::unique_ptr<Connection>;

struct Waiter {
  void take_turn(Handle handed) {
    EXPECT_FALSE(has_turn);
    has_turn = true;
    connection = std::move(handed);
  }

  bool has_turn = false;
  Handle connection;
};

using State = PoolState<Connection, Waiter>;

IdleInput look(Connection const& connection) { return connection.input; }

class PoolStateTest : public testing::Test {
 protected:
  PoolStateTest() { limit_to(100, 100); }

  void limit_to(std::size_t connections, std::size_t pending) { state.emplace(PoolLimits{connections, pending}, counts); }

  /// A new one, which is in use.
  Handle open(Endpoint* to = nullptr) {
    EXPECT_TRUE(state->take_room());
    return connected(to);
  }
  Handle connected(Endpoint* to = nullptr) { return std::make_unique<Connection>(made++, to ? to : &endpoint, alive); }

  /// A new one, which idles since `when`; its number.
  int idle(SteadyTime when, Endpoint* to = nullptr) {
    auto connection = open(to);
    auto const number = connection->number;
    state->give_back(std::move(connection), when, 0);
    return number;
  }

  Handle take(SteadyTime when, Endpoint const* to = nullptr, std::uint64_t tls = 0) {
    return state->take_idle(to, tls, when, look);
  }

  int made = 0;
  int alive = 0;
  Endpoint endpoint;
  UpstreamCounts counts;
  std::optional<State> state;
  SteadyTime const now{1h};
};

TEST_F(PoolStateTest, the_connection_used_last_is_lent_first) {
  auto const first = idle(now);
  auto const second = idle(now);
  auto const lent = take(now);
  EXPECT_EQ(lent->number, second);
  EXPECT_EQ(take(now)->number, first);
  EXPECT_EQ(take(now), nullptr);
  EXPECT_EQ(state->in_use(), 2U);
  EXPECT_EQ(counts.connections, 2U);
}

TEST_F(PoolStateTest, only_a_connection_to_the_endpoint_asked_for_is_lent) {
  Endpoint other;
  auto const wanted = idle(now);
  idle(now, &other);
  EXPECT_EQ(take(now, &endpoint)->number, wanted);
  EXPECT_EQ(take(now, &endpoint), nullptr);
  EXPECT_EQ(state->idle(), 1U);
}

TEST_F(PoolStateTest, what_idled_for_the_limit_is_closed_and_its_room_is_free) {
  idle(now);
  EXPECT_EQ(take(now + first_idle_limit), nullptr);
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(counts.connections, 0U);
}

TEST_F(PoolStateTest, what_idled_less_than_the_limit_is_lent) {
  idle(now);
  EXPECT_NE(take(now + first_idle_limit - 1ms), nullptr);
}

TEST_F(PoolStateTest, the_idle_limit_is_learned_from_the_header) {
  state->give_back(open(), now, 10);
  EXPECT_EQ(state->idle_limit(), 9s);
  EXPECT_NE(take(now + 8999ms), nullptr);
}

TEST_F(PoolStateTest, the_idle_limit_is_learned_from_an_end) {
  idle(now);
  auto ended = open();
  ended->input = IdleInput::end;
  state->give_back(std::move(ended), now, 0);
  EXPECT_EQ(take(now + 2500ms), nullptr) << "1.5 s is the limit now";
  EXPECT_EQ(state->idle_limit(), 1500ms);
  EXPECT_EQ(alive, 0);
}

TEST_F(PoolStateTest, stray_bytes_spoil_a_connection_and_teach_nothing) {
  auto const clean = idle(now);
  auto spoilt = open();
  spoilt->input = IdleInput::stray;
  state->give_back(std::move(spoilt), now, 0);
  EXPECT_EQ(take(now + 2500ms)->number, clean);
  EXPECT_EQ(state->idle_limit(), first_idle_limit);
}

TEST_F(PoolStateTest, a_connection_is_not_looked_at_if_it_is_closed_anyway) {
  idle(now);
  auto const never = [](Connection const&) -> IdleInput {
    ADD_FAILURE();
    return IdleInput::none;
  };
  EXPECT_EQ(state->take_idle(nullptr, 0, now + first_idle_limit, never), nullptr);
}

TEST_F(PoolStateTest, a_connection_to_an_endpoint_that_is_gone_is_not_lent) {
  idle(now);
  endpoint.gone = true;
  EXPECT_EQ(take(now), nullptr);
  EXPECT_EQ(alive, 0);
}

TEST_F(PoolStateTest, a_connection_to_an_endpoint_that_is_gone_does_not_idle) {
  auto lent = open();
  endpoint.gone = true;
  state->give_back(std::move(lent), now, 0);
  EXPECT_EQ(state->idle(), 0U);
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(counts.connections, 0U);
}

TEST_F(PoolStateTest, a_connection_made_with_older_tls_files_is_not_lent) {
  idle(now);
  EXPECT_EQ(take(now, nullptr, 1), nullptr);
  EXPECT_EQ(alive, 0);
}

TEST_F(PoolStateTest, room_ends_at_the_limit_whichever_worker_took_it) {
  limit_to(2, 0);
  State another{{2, 0}, counts};
  EXPECT_TRUE(state->take_room());
  EXPECT_TRUE(another.take_room());
  EXPECT_FALSE(state->take_room());
  another.release();
  EXPECT_TRUE(state->take_room());
  EXPECT_EQ(state->in_use(), 2U);
}

TEST_F(PoolStateTest, as_many_calls_wait_as_may_whichever_worker_they_are_of) {
  limit_to(1, 2);
  State another{{1, 2}, counts};
  std::array<Waiter, 3> calls;
  EXPECT_TRUE(state->enqueue(calls[0]));
  EXPECT_TRUE(another.enqueue(calls[1]));
  EXPECT_FALSE(state->enqueue(calls[2]));
  state->dequeue(calls[0]);
  EXPECT_TRUE(state->enqueue(calls[2]));
  EXPECT_EQ(counts.pending, 2U);
}

TEST_F(PoolStateTest, a_returned_connection_goes_to_the_call_that_waited_longest) {
  limit_to(1, 2);
  auto lent = open();
  auto const number = lent->number;
  Waiter first;
  Waiter second;
  ASSERT_TRUE(state->enqueue(first));
  ASSERT_TRUE(state->enqueue(second));
  state->give_back(std::move(lent), now, 0);
  ASSERT_TRUE(first.connection);
  EXPECT_EQ(first.connection->number, number);
  EXPECT_FALSE(second.has_turn);
  EXPECT_EQ(take(now), nullptr) << "a call that came later took it";
  EXPECT_EQ(state->in_use(), 1U);
  EXPECT_EQ(counts.pending, 1U);
}

TEST_F(PoolStateTest, freed_room_goes_to_the_call_that_waited_longest) {
  limit_to(1, 2);
  ASSERT_TRUE(state->take_room());
  Waiter first;
  Waiter second;
  ASSERT_TRUE(state->enqueue(first));
  ASSERT_TRUE(state->enqueue(second));
  state->release();
  EXPECT_TRUE(first.has_turn);
  EXPECT_FALSE(first.connection);
  EXPECT_FALSE(second.has_turn);
  EXPECT_FALSE(state->take_room()) << "a call that came later took it";
  EXPECT_EQ(counts.connections, 1U);
}

TEST_F(PoolStateTest, the_room_of_a_connection_to_a_gone_endpoint_is_handed_over_without_it) {
  limit_to(1, 1);
  auto lent = open();
  Waiter call;
  ASSERT_TRUE(state->enqueue(call));
  endpoint.gone = true;
  state->give_back(std::move(lent), now, 0);
  EXPECT_TRUE(call.has_turn);
  EXPECT_FALSE(call.connection);
  EXPECT_EQ(alive, 0);
}

TEST_F(PoolStateTest, the_room_of_an_idle_connection_that_is_closed_is_handed_over) {
  limit_to(1, 1);
  idle(now);
  Waiter call;
  ASSERT_TRUE(state->enqueue(call));
  EXPECT_EQ(take(now + first_idle_limit), nullptr);
  EXPECT_TRUE(call.has_turn);
  EXPECT_EQ(counts.connections, 1U);
}

TEST_F(PoolStateTest, a_call_that_waits_no_more_gets_no_turn) {
  limit_to(1, 2);
  auto lent = open();
  Waiter gone;
  Waiter patient;
  ASSERT_TRUE(state->enqueue(gone));
  ASSERT_TRUE(state->enqueue(patient));
  state->dequeue(gone);
  state->give_back(std::move(lent), now, 0);
  EXPECT_FALSE(gone.has_turn);
  EXPECT_TRUE(patient.connection);
  EXPECT_EQ(counts.pending, 0U);
}

TEST_F(PoolStateTest, a_sweep_closes_what_idled_too_long_or_is_spoilt) {
  idle(now);
  auto const young = idle(now + 1ms);
  auto spoilt = open();
  spoilt->input = IdleInput::stray;
  state->give_back(std::move(spoilt), now + 1ms, 0);
  state->sweep(now + first_idle_limit, look);
  EXPECT_EQ(alive, 1);
  EXPECT_EQ(counts.connections, 1U);
  EXPECT_EQ(take(now + first_idle_limit)->number, young);
}

TEST_F(PoolStateTest, a_sweep_learns_from_an_end) {
  auto ended = open();
  ended->input = IdleInput::end;
  state->give_back(std::move(ended), now, 0);
  state->sweep(now + 3s, look);
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(state->idle_limit(), 2s);
}

TEST_F(PoolStateTest, a_sweep_closes_connections_to_an_endpoint_that_is_gone) {
  Endpoint other;
  idle(now);
  auto const stays = idle(now, &other);
  endpoint.gone = true;
  state->sweep(now, look);
  EXPECT_EQ(alive, 1);
  EXPECT_EQ(take(now)->number, stays);
}

TEST_F(PoolStateTest, a_sweep_closes_the_oldest_of_too_many_once_the_burst_is_over) {
  std::vector<Handle> lent;
  for (std::size_t count = 0; count < max_idle_connections + 8; ++count) lent.push_back(open());
  for (auto& connection : lent) state->give_back(std::move(connection), now, 0);
  state->sweep(now + burst_pause - 1ms, look);
  EXPECT_EQ(state->idle(), max_idle_connections + 8);
  state->sweep(now + burst_pause, look);
  EXPECT_EQ(state->idle(), max_idle_connections);
  EXPECT_EQ(counts.connections, max_idle_connections);
  int oldest = made;
  while (auto const connection = take(now + burst_pause)) oldest = connection->number;
  EXPECT_EQ(oldest, 8);
}

TEST_F(PoolStateTest, a_sweep_hands_over_the_room_that_another_worker_freed) {
  limit_to(1, 2);
  State another{{1, 2}, counts};
  ASSERT_TRUE(another.take_room());
  Waiter first;
  Waiter second;
  ASSERT_TRUE(state->enqueue(first));
  ASSERT_TRUE(state->enqueue(second));
  state->sweep(now, look);
  EXPECT_FALSE(first.has_turn);
  another.release();
  state->sweep(now, look);
  EXPECT_TRUE(first.has_turn);
  EXPECT_FALSE(second.has_turn);
  EXPECT_EQ(counts.connections, 1U);
}

TEST_F(PoolStateTest, a_sweep_gives_up_what_idles_while_another_worker_s_calls_wait) {
  idle(now);
  State another{{100, 100}, counts};
  Waiter call;
  ASSERT_TRUE(another.enqueue(call));
  state->sweep(now, look);
  EXPECT_EQ(alive, 0);
  another.sweep(now, look);
  EXPECT_TRUE(call.has_turn);
}

TEST_F(PoolStateTest, what_is_given_up_frees_its_room) {
  idle(now);
  idle(now);
  state->give_up_idle();
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(counts.connections, 0U);
}

/// Two workers' states under random calls. Whatever happens, each connection that is lent, idles or is being opened has room,
/// there are never more than may be, and nobody waits who has had a turn.
class Workload {
 public:
  explicit Workload(unsigned seed) : random_{seed} {}

  void step() {
    now_ += std::chrono::milliseconds{below(300)};
    auto& worker = workers_[below(workers_.size())];
    switch (below(10)) {
      case 0:
      case 1: call(worker); break;
      case 2:
      case 3: opened(worker); break;
      case 4: failed_to_open(worker); break;
      case 5:
      case 6: give_back(worker); break;
      case 7: drop(worker); break;
      case 8: give_up_waiting(worker); break;
      default: happens_outside(worker);
    }
    for (auto& one : workers_) take_turns(one);
  }

  void check() const {
    std::size_t room = 0;
    std::size_t pending = 0;
    std::size_t existing = 0;
    for (auto const& worker : workers_) {
      EXPECT_EQ(worker.state.in_use(), worker.lent.size() + worker.opening);
      EXPECT_EQ(worker.state.waiting(), worker.waiting.size());
      room += worker.state.in_use() + worker.state.idle();
      existing += worker.lent.size() + worker.state.idle();
      pending += worker.waiting.size();
    }
    EXPECT_EQ(counts_.connections, room);
    EXPECT_EQ(counts_.pending, pending);
    EXPECT_EQ(static_cast<std::size_t>(alive_), existing) << "one was forgotten, or closed while it was lent";
    EXPECT_LE(room, limits.connections);
    EXPECT_LE(pending, limits.pending);
  }

 private:
  static constexpr PoolLimits limits{4, 3};

  struct Worker {
    explicit Worker(UpstreamCounts& counts) : state{limits, counts} {}

    State state;
    std::vector<Handle> lent;
    std::size_t opening = 0;
    std::deque<Waiter> waiting;
  };

  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>{0, end - 1}(random_); }
  Handle any_of(std::vector<Handle>& from) {
    auto const place = from.begin() + static_cast<std::ptrdiff_t>(below(from.size()));
    auto taken = std::move(*place);
    from.erase(place);
    return taken;
  }

  void call(Worker& worker) {
    auto const* to = below(2) == 0 ? nullptr : &endpoints_[below(endpoints_.size())];
    if (auto idle = worker.state.take_idle(to, tls_generation_, now_, look)) {
      EXPECT_FALSE(idle->endpoint->gone);
      EXPECT_EQ(idle->tls_generation, tls_generation_);
      worker.lent.push_back(std::move(idle));
    } else if (worker.state.take_room()) {
      ++worker.opening;
    } else if (!worker.state.enqueue(worker.waiting.emplace_back())) {
      worker.waiting.pop_back();
    }
  }
  void opened(Worker& worker) {
    if (worker.opening == 0) return;
    --worker.opening;
    auto connection = std::make_unique<Connection>(0, &endpoints_[below(endpoints_.size())], alive_);
    connection->tls_generation = tls_generation_;
    worker.lent.push_back(std::move(connection));
  }
  void failed_to_open(Worker& worker) {
    if (worker.opening == 0) return;
    --worker.opening;
    worker.state.release();
  }
  void give_back(Worker& worker) {
    if (worker.lent.empty()) return;
    auto connection = any_of(worker.lent);
    connection->input = below(4) != 0 ? IdleInput::none : below(2) == 0 ? IdleInput::stray : IdleInput::end;
    worker.state.give_back(std::move(connection), now_, below(3) == 0 ? below(20) : 0);
  }
  void drop(Worker& worker) {
    if (worker.lent.empty()) return;
    any_of(worker.lent).reset();
    worker.state.release();
  }
  static void give_up_waiting(Worker& worker) {
    if (worker.waiting.empty()) return;
    worker.state.dequeue(worker.waiting.back());
    worker.waiting.pop_back();
  }
  void happens_outside(Worker& worker) {
    switch (below(4)) {
      case 0: endpoints_[below(endpoints_.size())].gone ^= true; break;
      case 1: ++tls_generation_; break;
      case 2: worker.state.give_up_idle(); break;
      default: worker.state.sweep(now_, look);
    }
  }
  /// Those who have their turn are the first that wait.
  void take_turns(Worker& worker) {
    while (!worker.waiting.empty() && worker.waiting.front().has_turn) {
      auto connection = std::move(worker.waiting.front().connection);
      worker.waiting.pop_front();
      if (connection && worker.state.is_clean(*connection, look(*connection), now_)) {
        worker.lent.push_back(std::move(connection));
      } else {
        ++worker.opening;
      }
    }
    for (auto const& waiter : worker.waiting) EXPECT_FALSE(waiter.has_turn) << "it came later";
  }

  std::mt19937 random_;
  SteadyTime now_{1h};
  int alive_ = 0;
  std::uint64_t tls_generation_ = 0;
  std::array<Endpoint, 3> endpoints_;
  UpstreamCounts counts_;
  std::array<Worker, 2> workers_{Worker{counts_}, Worker{counts_}};
};

TEST(PoolStateInvariants, every_connection_has_room_whatever_happens) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Workload workload{seed};
    for (int step = 0; step < 500 && !testing::Test::HasFailure(); ++step) {
      workload.step();
      workload.check();
    }
  }
}

}  // namespace
}  // namespace ambassador::balance::pool_state_test
