// A whole sidecar in handed-in time: four workers, endpoints that are fast, slow, dead or failing, calls that come at random
// and are tried again by the rules. What must hold in the large holds for every seed.
#include "balance/budget.hpp"
#include "balance/ejection.hpp"
#include "balance/retry.hpp"
#include "base/error.hpp"
#include "unit/balance/endpoints.hpp"

#include <gtest/gtest.h>
#include <boost/system/errc.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <ostream>
#include <queue>

namespace ambassador::balance::simulation_test {
namespace {

constexpr std::uint64_t seeds = 25;
constexpr std::size_t workers = 4;
constexpr std::array<std::uint16_t, 3> statuses{502, 503, 504};

/// How an endpoint behaves at present.
struct Behaviour {
  enum class Kind : std::uint8_t { answers, refuses, fails };  ///< `fails`: answers 503, at once
  Kind kind = Kind::answers;
  std::int64_t latency_ns = 10 * ms;  ///< the mean of an exponential distribution
};

constexpr Behaviour refuses{Behaviour::Kind::refuses, ms};
constexpr Behaviour fails{Behaviour::Kind::fails, ms};

struct Call {
  std::uint64_t key = 0;
  std::size_t worker = 0;
  TriedRequest request{.idempotent = true, .replayable = true};
  std::vector<std::size_t> tried;
  std::int64_t sent_ns = 0;
};

class Simulation {
 public:
  std::int64_t now = start;
  Endpoints endpoints;
  std::vector<Behaviour> behaviours;
  std::vector<std::uint64_t> got;  ///< requests that reached each endpoint
  std::uint64_t offered = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t refused = 0;  ///< connections
  std::uint64_t ejected = 0;
  std::uint32_t most_in_flight = 0;
  RetryPolicy policy{.statuses = statuses};

  Simulation(Policy method, std::vector<std::uint32_t> const& weights, std::uint64_t seed)
      : endpoints{weights}, behaviours(weights.size()), got(weights.size()), random_{seed} {
    for (std::size_t i = 0; i < workers; ++i) pickers_.emplace_back(method, endpoints.candidates, random_.next());
  }

  /// Calls come as a Poisson stream; `per_second` is its mean.
  void run(std::int64_t duration, double per_second) {
    auto const end = now + duration;
    auto arrival = now + exponential(second_ns / per_second);
    for (;;) {
      auto const answer = under_way_.empty() ? INT64_MAX : under_way_.top().at_ns;
      if (std::min(answer, arrival) > end) break;
      if (answer <= arrival) {
        now = answer;
        finish();
      } else {
        now = arrival;
        arrive();
        arrival = now + exponential(second_ns / per_second);
      }
    }
    now = end;
  }

  void forget_counts() {
    std::fill(got.begin(), got.end(), 0);
    offered = succeeded = failed = refused = 0;
  }

  [[nodiscard]] std::uint64_t upstream_load() const { return std::accumulate(got.begin(), got.end(), std::uint64_t{0}); }

  /// Of all requests that reached an endpoint.
  [[nodiscard]] double share(std::size_t endpoint) const {
    return static_cast<double>(got[endpoint]) / static_cast<double>(upstream_load());
  }

  [[nodiscard]] Picker& picker(std::size_t worker) { return pickers_[worker]; }

 private:
  struct UnderWay {
    std::int64_t at_ns;
    std::uint64_t number;  ///< so that the order of those at the same time is always the same
    std::size_t call;
    bool operator>(UnderWay const& other) const { return std::tie(at_ns, number) > std::tie(other.at_ns, other.number); }
  };

  std::vector<Picker> pickers_;
  Random random_;
  RetryBudget budget_;
  std::priority_queue<UnderWay, std::vector<UnderWay>, std::greater<>> under_way_;
  std::vector<Call> calls_;
  std::vector<std::size_t> free_;
  std::uint64_t number_ = 0;

  std::int64_t exponential(double mean) { return std::llround(-mean * std::log(1 - random_.unit())); }

  void arrive() {
    ++offered;
    budget_.count_request(now);
    if (free_.empty()) free_.push_back((calls_.emplace_back(), calls_.size() - 1));
    auto const slot = free_.back();
    free_.pop_back();
    calls_[slot] = Call{};
    calls_[slot].key = random_.next();
    calls_[slot].worker = random_.next() % workers;
    send(slot);
  }

  void send(std::size_t slot) {
    auto& call = calls_[slot];
    auto const picked = pickers_[call.worker].pick({.now_ns = now, .hash = call.key, .tried = call.tried}).value();
    auto& state = endpoints.states[picked];
    most_in_flight = std::max(most_in_flight, ++state.in_flight);
    call.tried.push_back(picked);
    call.sent_ns = now;
    call.request.any_byte_sent = behaviours[picked].kind != Behaviour::Kind::refuses;
    call.request.other_endpoint = call.tried.size() < endpoints.candidates.size();
    ++(call.request.any_byte_sent ? got[picked] : refused);
    under_way_.push({now + exponential(static_cast<double>(behaviours[picked].latency_ns)), number_++, slot});
  }

  /// Of an answer, a refusal or an error: as the endpoint is now, so that one that dies takes its calls with it.
  void finish() {
    auto const slot = under_way_.top().call;
    under_way_.pop();
    auto& call = calls_[slot];
    auto const endpoint = call.tried.back();
    auto& state = endpoints.states[endpoint];
    --state.in_flight;
    if (behaviours[endpoint].kind == Behaviour::Kind::answers && call.request.any_byte_sent) {
      report_success(state, now - call.sent_ns, now);
      ++succeeded;
      return free_.push_back(slot);
    }
    if (report_failure(state, endpoints.candidates, now).now) ++ejected;
    if (tries_again(call, behaviours[endpoint].kind)) return send(slot);
    ++failed;
    free_.push_back(slot);
  }

  bool tries_again(Call& call, Behaviour::Kind kind) {
    auto& request = call.request;
    bool const answered = kind == Behaviour::Kind::fails && request.any_byte_sent;
    auto const stage = request.any_byte_sent ? Stage::response_head : Stage::connect;
    auto const code = request.any_byte_sent ? boost::system::errc::connection_reset : boost::system::errc::connection_refused;
    auto const verdict = answered ? judge_retry_status(503, request, policy)
                                  : judge_retry({make_error_code(code), Side::upstream, stage, false}, request, policy);
    if (verdict == RetryVerdict::give_up || (needs_budget(verdict, request) && !budget_.take(now))) return false;
    ++request.tries;
    ++(verdict == RetryVerdict::move ? request.unsent_moves : request.retries);
    return true;
  }
};

class Simulated : public testing::TestWithParam<Policy> {};

std::string policy_name(testing::TestParamInfo<Policy> const& info) {
  constexpr std::array names{"least_requests", "round_robin", "ewma", "hash"};
  return names[static_cast<std::size_t>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Policies, Simulated,
                         testing::Values(Policy::least_requests, Policy::round_robin, Policy::ewma, Policy::hash), policy_name);

/// How far a share may be from its due: by chance, and for a hash by the table.
constexpr double slack = 0.25;

TEST_P(Simulated, shares_evenly_among_equals) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    for (auto const per_second : {20.0, 500.0, 5000.0}) {
      Simulation simulation{GetParam(), {1, 1, 1, 1, 1}, seed};
      simulation.run(static_cast<std::int64_t>(5000 / per_second * second_ns), per_second);
      for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_NEAR(simulation.share(i), 0.2, 0.2 * slack) << "seed " << seed << ", " << per_second << "/s";
      }
      EXPECT_EQ(simulation.failed + simulation.ejected, 0U);
    }
  }
}

TEST_P(Simulated, shares_by_weight_at_every_load) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    for (auto const per_second : {20.0, 500.0, 5000.0}) {
      Simulation simulation{GetParam(), {9, 1}, seed};
      simulation.run(static_cast<std::int64_t>(10'000 / per_second * second_ns), per_second);
      // Who seems to be faster may get more by ewma, but even then no more than twice its part.
      EXPECT_NEAR(simulation.share(1), 0.1, GetParam() == Policy::ewma ? 0.1 : 0.05) << "seed " << seed << ", " << per_second;
    }
  }
}

class SimulatedChoices : public Simulated {};

INSTANTIATE_TEST_SUITE_P(Policies, SimulatedChoices, testing::Values(Policy::least_requests, Policy::ewma), policy_name);

TEST_P(SimulatedChoices, give_a_slow_endpoint_less) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Simulation simulation{GetParam(), {1, 1, 1, 1, 1}, seed};
    simulation.behaviours[2].latency_ns = 200 * ms;
    simulation.run(20 * second_ns, 500);
    EXPECT_LT(simulation.share(2), GetParam() == Policy::ewma ? 0.05 : 0.1) << "seed " << seed;
    EXPECT_GT(simulation.share(2), 0) << "seed " << seed;
  }
}

class SimulatedEjection : public Simulated {};

INSTANTIATE_TEST_SUITE_P(Policies, SimulatedEjection,
                         testing::Values(Policy::least_requests, Policy::round_robin, Policy::hash), policy_name);

TEST_P(SimulatedEjection, leaves_who_dies_and_comes_back_to_it_slowly) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Simulation simulation{GetParam(), {1, 1, 1, 1, 1}, seed};
    simulation.run(5 * second_ns, 500);
    simulation.behaviours[2] = refuses;
    // It is known within a second: five calls fail there, and those under way.
    simulation.run(second_ns, 500);
    EXPECT_EQ(simulation.ejected, 1U) << "seed " << seed;
    EXPECT_LT(simulation.refused, 50U) << "seed " << seed;
    simulation.forget_counts();
    simulation.run(20 * second_ns, 500);
    EXPECT_EQ(simulation.refused, 0U) << "seed " << seed;
    for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(simulation.share(i), i == 2 ? 0 : 0.25, 0.1) << "seed " << seed;
    // It works again, but for a while nobody believes it.
    simulation.behaviours[2] = {};
    simulation.run(10 * second_ns, 500);  // 31 s after it died it is back
    simulation.forget_counts();
    simulation.run(second_ns, 500);
    EXPECT_LT(simulation.share(2), 0.1) << "seed " << seed << ": its caches are cold";
    EXPECT_GT(simulation.share(2), 0) << "seed " << seed;
    simulation.run(10 * second_ns, 500);
    simulation.forget_counts();
    simulation.run(10 * second_ns, 500);
    EXPECT_NEAR(simulation.share(2), 0.2, 0.2 * slack) << "seed " << seed << ": 42 s after it died it has its share again";
    EXPECT_EQ(simulation.failed, 0U) << "seed " << seed;
  }
}

TEST(SimulatedEwma, avoids_who_dies_before_it_is_ejected_and_finds_it_again) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Simulation simulation{Policy::ewma, {1, 1, 1, 1, 1}, seed};
    simulation.run(5 * second_ns, 500);
    simulation.behaviours[2] = refuses;
    simulation.run(30 * second_ns, 500);
    EXPECT_LE(simulation.refused, 15U) << "seed " << seed << ", of 15 000 calls";
    EXPECT_EQ(simulation.failed, 0U) << "seed " << seed;
    simulation.behaviours[2] = {};
    simulation.run(60 * second_ns, 500);
    simulation.forget_counts();
    simulation.run(20 * second_ns, 500);
    EXPECT_NEAR(simulation.share(2), 0.2, 0.2 * slack) << "seed " << seed << ": a minute after it works again";
  }
}

TEST_P(Simulated, fails_no_idempotent_call_while_one_of_five_dies) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    for (auto const& death : {refuses, fails}) {
      Simulation simulation{GetParam(), {1, 1, 1, 1, 1}, seed};
      simulation.run(10 * second_ns, 500);
      simulation.behaviours[seed % 5] = death;
      simulation.run(20 * second_ns, 500);
      EXPECT_EQ(simulation.failed, 0U) << "seed " << seed;
    }
  }
}

TEST_P(Simulated, makes_no_storm_of_retries_where_all_fail) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    for (auto const attempts : {1U, 5U}) {
      Simulation simulation{GetParam(), {1, 1, 1, 1, 1}, seed};
      simulation.policy.attempts = attempts;
      simulation.run(10 * second_ns, 200);
      std::fill(simulation.behaviours.begin(), simulation.behaviours.end(), fails);
      for (int window = 0; window < 4; ++window) {
        simulation.forget_counts();
        simulation.run(static_cast<std::int64_t>(budget_seconds) * second_ns, 200);
        auto const offered = static_cast<double>(simulation.offered);
        auto const load = static_cast<double>(simulation.upstream_load());
        EXPECT_LE(load, 1.25 * offered) << "seed " << seed << ", window " << window;
        EXPECT_GE(load, 1.15 * offered) << "seed " << seed << ": what may be tried again is";
        // One is ejected; the rest carry on.
        auto const idle = std::count_if(simulation.got.begin(), simulation.got.end(), [](auto got) { return got < 100; });
        EXPECT_LE(idle, 1) << "seed " << seed;
      }
      std::fill(simulation.behaviours.begin(), simulation.behaviours.end(), Behaviour{});
      simulation.run(second_ns, 200);
      simulation.forget_counts();
      simulation.run(5 * second_ns, 200);
      EXPECT_EQ(simulation.failed, 0U) << "seed " << seed << ": they all work again";
    }
  }
}

TEST_P(Simulated, moves_an_unsent_call_at_most_once_to_each_endpoint) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Simulation simulation{GetParam(), {1, 1, 1, 1, 1}, seed};
    std::fill(simulation.behaviours.begin(), simulation.behaviours.end(), refuses);
    simulation.run(5 * second_ns, 200);
    EXPECT_LE(simulation.refused, 5 * simulation.offered) << "seed " << seed;
    EXPECT_EQ(simulation.upstream_load(), 0U);
  }
}

TEST(SimulatedHash, keeps_the_keys_of_the_others_when_one_goes) {
  constexpr std::uint64_t keys = 20'000;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    for (std::size_t const count : {3U, 5U, 10U, 50U}) {
      Endpoints all{count};
      for (auto& candidate : all.candidates) candidate.id = mix(candidate.id ^ seed);
      auto const gone = seed % count;
      auto rest = all.candidates;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(gone));
      Picker before{Policy::hash, all.candidates, seed};
      Picker after{Policy::hash, rest, seed};
      std::uint64_t kept = 0;
      for (std::uint64_t key = 0; key < keys; ++key) {
        auto const was = before.pick({.now_ns = start, .hash = key}).value();
        auto const is = after.pick({.now_ns = start, .hash = key}).value();
        kept += all.candidates[was].state == rest[is].state ? 1U : 0U;
      }
      EXPECT_GE(static_cast<double>(kept), (1 - 2.0 / static_cast<double>(count)) * keys) << count << ", seed " << seed;
    }
  }
}

TEST(SimulatedHash, moves_only_the_keys_of_one_that_is_ejected_and_brings_them_home) {
  constexpr std::uint64_t keys = 5000;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Endpoints five{5U};
    for (auto& candidate : five.candidates) candidate.id = mix(candidate.id ^ seed);
    Picker picker{Policy::hash, five.candidates, seed};
    std::vector<std::size_t> home;
    for (std::uint64_t key = 0; key < keys; ++key) home.push_back(picker.pick({.now_ns = start, .hash = key}).value());
    five.states[1].ejected_until_ns = five.states[1].returned_at_ns = start + second_ns;
    for (std::uint64_t key = 0; key < keys; ++key) {
      auto const picked = picker.pick({.now_ns = start, .hash = key}).value();
      EXPECT_EQ(picked == home[key], home[key] != 1);
    }
    // During the slow start each key comes home once, and stays.
    std::vector<bool> came(keys);
    for (auto now = start + second_ns; now <= start + 12 * second_ns; now += second_ns / 2) {
      for (std::uint64_t key = 0; key < keys; ++key) {
        bool const is_home = picker.pick({.now_ns = now, .hash = key}) == home[key];
        ASSERT_GE(is_home, came[key]) << "seed " << seed;
        came[key] = is_home;
      }
    }
    EXPECT_EQ(std::count(came.begin(), came.end(), true), keys);
  }
}

TEST(SimulatedHash, bounds_the_load_of_a_key_that_everybody_asks_for) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Endpoints five{5U};
    Random random{seed};
    Picker picker{Policy::hash, five.candidates, seed};
    std::deque<std::size_t> under_way;
    for (int call = 0; call < 2000; ++call) {
      auto const hot = random.unit() < 0.9;
      auto const picked = picker.pick({.now_ns = start, .hash = hot ? 1 : random.next()}).value();
      auto const before = five.states[picked].in_flight.load();
      auto const average = static_cast<double>(under_way.size()) / 5;
      ASSERT_LE(before, load_bound * average + 1) << "seed " << seed;
      ++five.states[picked].in_flight;
      under_way.push_back(picked);
      if (under_way.size() <= 100) continue;
      --five.states[under_way.front()].in_flight;
      under_way.pop_front();
    }
  }
}

}  // namespace
}  // namespace ambassador::balance::simulation_test
