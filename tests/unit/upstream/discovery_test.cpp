#include "base/error.hpp"
#include "support/worker_parts.hpp"

#include <gtest/gtest.h>

namespace ambassador::upstream {
namespace {

using namespace std::chrono_literals;

class discovery : public testing::Test {
 protected:
  Result<AddressList> lookup(std::string host, std::chrono::milliseconds limit = 5s) {
    Awaited<Result<AddressList>> answer{parts, start(std::move(host), limit)};
    EXPECT_TRUE(parts.run_until([&] { return answer.done(); }));
    return *answer;
  }

  net::Task<Result<AddressList>> start(std::string host, std::chrono::milliseconds limit = 5s) {
    return parts.discovery.lookup(std::move(host), std::chrono::steady_clock::now() + limit, wish);
  }

  bool counted(std::string const& result, int count) {
    return parts.metrics.expose().find("ambassador_dns_resolutions_total{result=\"" + result + "\"} " +
                                       std::to_string(count)) != std::string::npos;
  }

  WorkerParts parts;
  Wish wish;
};

TEST_F(discovery, a_literal_is_not_looked_up) {
  EXPECT_EQ(lookup("192.0.2.7").value()->front().address.to_string(), "192.0.2.7");
  EXPECT_EQ(lookup("[2001:db8::1]").value()->front().address.to_string(), "2001:db8::1");
  EXPECT_TRUE(counted("ok", 0));
}

TEST_F(discovery, an_answer_is_kept) {
  for (int call = 0; call < 5; ++call) EXPECT_TRUE(lookup("localhost").value()->front().address.is_loopback());
  EXPECT_TRUE(counted("ok", 1));
}

TEST_F(discovery, calls_for_one_name_share_a_look_up) {
  Awaited<Result<AddressList>> first{parts, start("localhost")};
  Awaited<Result<AddressList>> second{parts, start("localhost")};
  EXPECT_TRUE(parts.run_until([&] { return first.done() && second.done(); }));
  EXPECT_TRUE(*first);
  EXPECT_TRUE(*second);
  EXPECT_TRUE(counted("ok", 1));
}

TEST_F(discovery, a_failure_is_not_asked_for_again_at_once) {
  auto const failed = lookup("nowhere.invalid");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().stage, Stage::resolve);
  EXPECT_EQ(failed.error().side, Side::upstream);
  EXPECT_FALSE(lookup("nowhere.invalid"));
  EXPECT_TRUE(counted("timed_out", 1)) << parts.metrics.expose();
}

TEST_F(discovery, a_failure_is_asked_for_again_later) {
  EXPECT_FALSE(lookup("nowhere.invalid"));
  parts.run_until([] { return false; }, first_back_off + 100ms);
  EXPECT_FALSE(lookup("nowhere.invalid"));
  EXPECT_TRUE(counted("timed_out", 2)) << parts.metrics.expose();
}

TEST_F(discovery, the_caller_s_limit_ends_the_wait) {
  auto const answer = lookup("slow.invalid", 1ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::timed_out);
  parts.run_until([] { return false; }, 300ms);  // the answer finds nobody waiting
}

TEST_F(discovery, a_wish_that_is_given_up_ends_the_wait) {
  Awaited<Result<AddressList>> answer{parts, start("slow.invalid")};
  parts.step();
  wish.give_up();
  parts.step();
  ASSERT_TRUE(answer.done());
  EXPECT_EQ(answer->error().code, boost::asio::error::operation_aborted);
  parts.run_until([] { return false; }, 300ms);  // the answer finds nobody waiting
}

}  // namespace
}  // namespace ambassador::upstream
