// What is kept of the calls that the configuration does not cover: each destination once, and never more than the bound.
#include "observe/seen.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace ambassador::observe::seen_test {
namespace {

using namespace std::chrono_literals;

constexpr SystemTime start{1'000'000s};

SeenCalls all(Seen const& seen) {
  SeenCalls calls;
  seen.add_to(calls);
  return calls;
}

TEST(Seen, counts_the_calls_of_a_destination_and_keeps_the_last_time) {
  Seen seen;
  seen.saw({SeenForm::absolute, "a", 80, {}}, start + 2s);
  seen.saw({SeenForm::absolute, "a", 80, {}}, start + 1s);
  auto const calls = all(seen).calls;
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].host, "a");
  EXPECT_EQ(calls[0].port, 80);
  EXPECT_EQ(calls[0].count, 2U);
  EXPECT_EQ(calls[0].last, start + 2s);
}

TEST(Seen, tells_form_host_port_and_path_apart) {
  Seen seen;
  for (SeenDestination const& destination :
       {SeenDestination{SeenForm::absolute, "a", 80, {}}, SeenDestination{SeenForm::connect, "a", 80, {}},
        SeenDestination{SeenForm::absolute, "b", 80, {}}, SeenDestination{SeenForm::absolute, "a", 81, {}},
        SeenDestination{SeenForm::origin, "a", 80, "/x"}, SeenDestination{SeenForm::origin, "a", 80, "/y"}}) {
    seen.saw(destination, start);
  }
  EXPECT_EQ(all(seen).calls.size(), 6U);
  EXPECT_EQ(all(seen).overflow, 0U);
}

TEST(Seen, keeps_a_copy_of_what_it_saw) {
  Seen seen;
  {
    std::string host(40, 'h');
    std::string path(40, 'p');
    seen.saw({SeenForm::origin, host, 80, path}, start);
    host.assign(40, 'x');
    path.assign(40, 'x');
  }
  EXPECT_EQ(all(seen).calls[0].host, std::string(40, 'h'));
  EXPECT_EQ(all(seen).calls[0].path, std::string(40, 'p'));
}

TEST(Seen, is_bounded_and_counts_what_it_does_not_keep) {
  Seen seen;
  for (std::size_t i = 0; i < max_seen + 10; ++i) seen.saw({SeenForm::absolute, std::to_string(i) + ".example", 80, {}}, start);
  EXPECT_EQ(all(seen).calls.size(), max_seen);
  EXPECT_EQ(all(seen).overflow, 10U);
  seen.saw({SeenForm::absolute, "0.example", 80, {}}, start);
  EXPECT_EQ(all(seen).overflow, 10U) << "a destination that is kept still counts";
}

TEST(Seen, keeps_no_host_that_is_no_name) {
  Seen seen;
  seen.saw({SeenForm::absolute, std::string(Seen::max_host, 'h'), 80, {}}, start);
  seen.saw({SeenForm::absolute, std::string(Seen::max_host + 1, 'h'), 80, {}}, start);
  EXPECT_EQ(all(seen).calls.size(), 1U);
  EXPECT_EQ(all(seen).overflow, 1U);
}

TEST(Seen, is_read_while_a_worker_writes) {
  Seen seen;
  std::atomic<bool> done{false};
  std::thread worker{[&] {
    for (int i = 0; i < 20'000; ++i) seen.saw({SeenForm::absolute, std::to_string(i % 500) + ".example", 80, {}}, start);
    done = true;
  }};
  std::uint64_t before = 0;
  while (!done) {
    std::uint64_t count = 0;
    for (auto const& call : all(seen).calls) count += call.count;
    EXPECT_GE(count, before);
    before = count;
  }
  worker.join();
  EXPECT_EQ(all(seen).calls.size(), 500U);
}

}  // namespace
}  // namespace ambassador::observe::seen_test
