// What is kept of the calls that the configuration does not cover: each destination once, and never more than the bound.
#include "route/seen.hpp"

#include <gtest/gtest.h>

namespace ambassador::route::seen_test {
namespace {

using namespace std::chrono_literals;

constexpr SystemTime start{1'000'000s};

SeenCalls all(SeenTally const& seen) {
  SeenCalls calls;
  seen.add_to(calls);
  return calls;
}

TEST(SeenTally, counts_the_calls_of_a_destination_and_keeps_the_last_time) {
  SeenTally seen;
  seen.saw({SeenForm::absolute, "a", 80, {}}, start + 2s);
  seen.saw({SeenForm::absolute, "a", 80, {}}, start + 1s);
  auto const calls = all(seen).calls;
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].host, "a");
  EXPECT_EQ(calls[0].port, 80);
  EXPECT_EQ(calls[0].count, 2U);
  EXPECT_EQ(calls[0].last, start + 2s);
}

TEST(SeenTally, tells_form_host_port_and_path_apart) {
  SeenTally seen;
  for (SeenDestination const& destination :
       {SeenDestination{SeenForm::absolute, "a", 80, {}}, SeenDestination{SeenForm::connect, "a", 80, {}},
        SeenDestination{SeenForm::absolute, "b", 80, {}}, SeenDestination{SeenForm::absolute, "a", 81, {}},
        SeenDestination{SeenForm::origin, "a", 80, "/x"}, SeenDestination{SeenForm::origin, "a", 80, "/y"}}) {
    seen.saw(destination, start);
  }
  EXPECT_EQ(all(seen).calls.size(), 6U);
  EXPECT_EQ(all(seen).overflow, 0U);
}

TEST(SeenTally, keeps_a_copy_of_what_it_saw) {
  SeenTally seen;
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

TEST(SeenTally, is_bounded_and_counts_what_it_does_not_keep) {
  SeenTally seen;
  for (std::size_t i = 0; i < max_seen + 10; ++i) seen.saw({SeenForm::absolute, std::to_string(i) + ".example", 80, {}}, start);
  EXPECT_EQ(all(seen).calls.size(), max_seen);
  EXPECT_EQ(all(seen).overflow, 10U);
  seen.saw({SeenForm::absolute, "0.example", 80, {}}, start);
  EXPECT_EQ(all(seen).overflow, 10U) << "a destination that is kept still counts";
}

TEST(SeenTally, keeps_no_host_that_is_no_name) {
  SeenTally seen;
  seen.saw({SeenForm::absolute, std::string(SeenTally::max_host, 'h'), 80, {}}, start);
  seen.saw({SeenForm::absolute, std::string(SeenTally::max_host + 1, 'h'), 80, {}}, start);
  EXPECT_EQ(all(seen).calls.size(), 1U);
  EXPECT_EQ(all(seen).overflow, 1U);
}

}  // namespace
}  // namespace ambassador::route::seen_test
