#include "session/seen.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace ambassador::session::seen_test {
namespace {

using namespace std::chrono_literals;
using route::SeenForm;

constexpr SystemTime start{1'000'000s};

route::SeenCalls all(Seen const& seen) {
  route::SeenCalls calls;
  seen.add_to(calls);
  return calls;
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

TEST(Seen, of_several_workers_is_one_list) {
  Seen one;
  Seen other;
  one.saw({SeenForm::absolute, "a", 80, {}}, start);
  other.saw({SeenForm::absolute, "b", 80, {}}, start);
  route::SeenCalls calls;
  one.add_to(calls);
  other.add_to(calls);
  EXPECT_EQ(calls.calls.size(), 2U);
}

}  // namespace
}  // namespace ambassador::session::seen_test
