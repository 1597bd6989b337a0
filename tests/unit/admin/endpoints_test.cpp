#include "admin/endpoints.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ambassador::admin::endpoints_test {
namespace {

using namespace std::chrono_literals;

SteadyTime const now{1h};

class EndpointsTest : public testing::Test {
 protected:
  upstream::EndpointStates states;
  std::shared_ptr<balance::EndpointState> well = states.of("http://a", "10.0.0.1:80");
  std::shared_ptr<balance::EndpointState> ejected = states.of("http://a", "10.0.0.2:80");
  std::shared_ptr<balance::EndpointState> failing = states.of("http://b", "[fd00::1]:80");
};

TEST_F(EndpointsTest, says_how_each_endpoint_is) {
  well->in_flight = 3;
  ejected->ejected_until_ns = nanoseconds(now + 12500ms);
  failing->failing_checks = true;
  EXPECT_EQ(endpoints_text(states, now),
            "http://a 10.0.0.1:80 healthy in_flight=3\n"
            "http://a 10.0.0.2:80 ejected for 13 s in_flight=0\n"
            "http://b [fd00::1]:80 failing checks in_flight=0\n");
}

TEST_F(EndpointsTest, says_who_is_coming_back) {
  well->returned_at_ns = nanoseconds(now - 1s);
  EXPECT_THAT(endpoints_text(states, now), testing::HasSubstr("10.0.0.1:80 slow start"));
  EXPECT_THAT(endpoints_text(states, now + 10s), testing::HasSubstr("10.0.0.1:80 healthy"));
}

TEST_F(EndpointsTest, forgets_endpoints_that_nobody_has_any_more) {
  ejected.reset();
  EXPECT_THAT(endpoints_text(states, now), testing::Not(testing::HasSubstr("10.0.0.2")));
  EXPECT_EQ(endpoints_family(states, now).metric.size(), 2U);
}

TEST_F(EndpointsTest, is_a_metric_of_one_and_nought) {
  failing->failing_checks = true;
  auto const family = endpoints_family(states, now);
  EXPECT_EQ(family.name, "ambassador_upstream_healthy");
  ASSERT_EQ(family.metric.size(), 3U);
  EXPECT_EQ(family.metric[0].gauge.value, 1);
  EXPECT_EQ(family.metric[2].gauge.value, 0);
  EXPECT_EQ(family.metric[2].label[0].value, "http://b");
  EXPECT_EQ(family.metric[2].label[1].name, "upstream");
  EXPECT_EQ(family.metric[2].label[1].value, "[fd00::1]:80");
}

TEST(EndpointReport, of_no_call_says_so) { EXPECT_EQ(endpoints_text({}, now), "no source was called yet\n"); }

}  // namespace
}  // namespace ambassador::admin::endpoints_test
