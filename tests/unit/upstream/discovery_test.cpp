#include "base/error.hpp"
#include "support/worker_parts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>

namespace ambassador::upstream::discovery_test {
namespace {

using namespace std::chrono_literals;

/// A name server on loopback that answers for A with what the test says at the time, to be kept no time; for AAAA there is
/// never anything.
class ChangingServer {
 public:
  enum class Says { addresses, no_such_name, failure, nothing };

  explicit ChangingServer(boost::asio::io_context& context) : socket_{context, {boost::asio::ip::address_v4::loopback(), 0}} {
    listen();
  }

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port()); }

  Says says = Says::addresses;
  std::vector<unsigned char> last_bytes{7};  ///< of the addresses 10.2.0.x
  int questions = 0;                         ///< for A

 private:
  void listen() {
    socket_.async_receive_from(boost::asio::buffer(question_), peer_, [this](boost::system::error_code error, std::size_t n) {
      if (error) return;
      answer({question_.data(), n});
      listen();
    });
  }

  void answer(std::string reply) {
    bool const is_a = reply[reply.size() - 3] == 1;
    if (is_a) ++questions;
    if (says == Says::nothing) return;
    reply[2] = '\x81';
    reply[3] = says == Says::no_such_name ? '\x83' : says == Says::failure ? '\x82' : '\x80';
    if (is_a && says == Says::addresses) {
      reply[7] = static_cast<char>(last_bytes.size());
      for (auto const last : last_bytes) {
        reply += std::string{"\xc0\x0c\0\x01\0\x01\0\0\0\0\0\x04\x0a\x02\0", 15} + static_cast<char>(last);
      }
    }
    socket_.send_to(boost::asio::buffer(reply), peer_);
  }

  boost::asio::ip::udp::socket socket_;
  boost::asio::ip::udp::endpoint peer_;
  std::array<char, 512> question_{};
};

/// Answers are fresh for 200 ms, and used for 2 s more.
class ANameTest : public testing::Test {
 protected:
  Result<AddressList> lookup() {
    Awaited<Result<AddressList>> answer{parts, name->lookup(std::chrono::steady_clock::now() + 5s, wish)};
    EXPECT_TRUE(parts.run_until([&] { return answer.done(); }));
    return *answer;
  }

  AddressList const& current() { return name->current(std::chrono::steady_clock::now()); }

  /// Looks at the list, as calls would, until it is of these addresses.
  bool becomes(std::vector<std::string> const& addresses) {
    return parts.run_until([&] { return texts(current()) == addresses; });
  }

  /// Looks at the list, as calls would, for so long.
  void go_on(std::chrono::milliseconds time) {
    parts.run_until([&] { return static_cast<void>(current()), false; }, time);
  }

  static std::vector<std::string> texts(AddressList const& list) {
    std::vector<std::string> out;
    if (!list) return out;
    for (auto const& each : *list) out.push_back(each.address.to_string());
    std::sort(out.begin(), out.end());
    return out;
  }

  WorkerParts parts;
  ChangingServer server{parts.context};
  net::Resolver resolver{parts.context, {.server = server.address(), .limit = 400ms}};
  Discovery discovery{parts.context.get_executor(), parts.context, resolver, parts.metrics, {200ms, 60s, 2s}};
  std::shared_ptr<Name> name = discovery.of("service.test.");
  Wish wish;
};

class DiscoveryTest : public testing::Test {
 protected:
  Result<AddressList> lookup(std::string const& host, std::chrono::milliseconds limit = 5s) {
    Awaited<Result<AddressList>> answer{parts, start(host, limit)};
    EXPECT_TRUE(parts.run_until([&] { return answer.done(); }));
    return *answer;
  }

  net::Task<Result<AddressList>> start(std::string host, std::chrono::milliseconds limit = 5s) {
    auto const name = parts.discovery.of(host);
    co_return co_await name->lookup(std::chrono::steady_clock::now() + limit, wish);
  }

  bool counted(std::string const& result, int count) {
    return parts.metrics.expose().find("ambassador_dns_resolutions_total{result=\"" + result + "\"} " +
                                       std::to_string(count)) != std::string::npos;
  }

  WorkerParts parts;
  Wish wish;
};

TEST_F(DiscoveryTest, a_literal_is_not_looked_up) {
  EXPECT_EQ(lookup("192.0.2.7").value()->front().address.to_string(), "192.0.2.7");
  EXPECT_EQ(lookup("[2001:db8::1]").value()->front().address.to_string(), "2001:db8::1");
  EXPECT_TRUE(counted("ok", 0));
}

TEST_F(DiscoveryTest, an_answer_is_kept) {
  for (int call = 0; call < 5; ++call) EXPECT_TRUE(lookup("localhost").value()->front().address.is_loopback());
  EXPECT_TRUE(counted("ok", 1));
}

TEST_F(DiscoveryTest, calls_for_one_name_share_a_look_up) {
  Awaited<Result<AddressList>> first{parts, start("localhost")};
  Awaited<Result<AddressList>> second{parts, start("localhost")};
  EXPECT_TRUE(parts.run_until([&] { return first.done() && second.done(); }));
  EXPECT_TRUE(*first);
  EXPECT_TRUE(*second);
  EXPECT_TRUE(counted("ok", 1));
}

TEST_F(DiscoveryTest, a_failure_is_not_asked_for_again_at_once) {
  auto const failed = lookup("nowhere.invalid");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().stage, Stage::resolve);
  EXPECT_EQ(failed.error().side, Side::upstream);
  EXPECT_FALSE(lookup("nowhere.invalid"));
  EXPECT_TRUE(counted("timed_out", 1)) << parts.metrics.expose();
}

TEST_F(DiscoveryTest, a_failure_is_asked_for_again_later) {
  EXPECT_FALSE(lookup("nowhere.invalid"));
  parts.run_until([] { return false; }, first_back_off + 100ms);
  EXPECT_FALSE(lookup("nowhere.invalid"));
  EXPECT_TRUE(counted("timed_out", 2)) << parts.metrics.expose();
}

TEST_F(DiscoveryTest, the_caller_s_limit_ends_the_wait) {
  auto const answer = lookup("slow.invalid", 1ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::timed_out);
  parts.run_until([] { return false; }, 300ms);  // the answer finds nobody waiting
}

TEST_F(DiscoveryTest, a_wish_that_is_given_up_ends_the_wait) {
  Awaited<Result<AddressList>> answer{parts, start("slow.invalid")};
  parts.step();
  wish.give_up();
  parts.step();
  ASSERT_TRUE(answer.done());
  EXPECT_EQ(answer->error().code, boost::asio::error::operation_aborted);
  parts.run_until([] { return false; }, 300ms);  // the answer finds nobody waiting
}

TEST_F(DiscoveryTest, those_who_hold_a_name_have_the_same) {
  auto const first = parts.discovery.of("localhost");
  EXPECT_EQ(parts.discovery.of("localhost"), first);
  EXPECT_EQ(first->host(), "localhost");
}

TEST_F(DiscoveryTest, a_literal_is_fresh_for_ever) {
  auto const literal = parts.discovery.of("[::1]");
  ASSERT_TRUE(literal->current(SteadyTime::max() - 1s));
  EXPECT_EQ(*literal->current(SteadyTime::min())->begin(),
            (net::ResolvedAddress{boost::asio::ip::address_v6::loopback(), 0, 1}));
}

TEST_F(DiscoveryTest, names_that_nobody_holds_are_forgotten_where_there_are_many) {
  auto const held = parts.discovery.of("held.invalid");
  std::weak_ptr<Name> const not_held = parts.discovery.of("not-held.invalid");
  for (std::size_t i = 0; i < max_names - 2; ++i) parts.discovery.of(std::to_string(i) + ".invalid");
  EXPECT_FALSE(not_held.expired()) << "there is room";
  parts.discovery.of("one-more.invalid");
  EXPECT_TRUE(not_held.expired());
  EXPECT_EQ(parts.discovery.of("held.invalid"), held);
}

TEST_F(DiscoveryTest, a_name_that_is_asked_for_is_not_forgotten) {
  std::weak_ptr<Name> const asked = parts.discovery.of("slow.invalid");
  EXPECT_FALSE(asked.lock()->current(std::chrono::steady_clock::now()));
  for (std::size_t i = 0; i < 2 * max_names; ++i) parts.discovery.of(std::to_string(i) + ".invalid");
  EXPECT_FALSE(asked.expired());
  parts.run_until([] { return false; }, 300ms);  // its answer comes
}

TEST_F(ANameTest, has_no_list_before_the_first_answer) {
  EXPECT_FALSE(current());
  EXPECT_EQ(name->generation(), 0U);
  EXPECT_TRUE(becomes({"10.2.0.7"})) << "a look alone has it asked for";
}

TEST_F(ANameTest, is_not_asked_for_while_its_list_is_fresh) {
  ASSERT_TRUE(lookup());
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(current());
  parts.step();
  EXPECT_EQ(server.questions, 1);
}

TEST_F(ANameTest, follows_its_records) {
  ASSERT_EQ(texts(*lookup()), std::vector<std::string>{"10.2.0.7"});
  server.last_bytes = {8, 9};
  EXPECT_TRUE(becomes({"10.2.0.8", "10.2.0.9"}));
  EXPECT_EQ(name->generation(), 2U);
}

TEST_F(ANameTest, has_the_same_generation_while_the_addresses_are_the_same) {
  server.last_bytes = {7, 8, 9};
  ASSERT_TRUE(lookup());
  auto const list = current();
  server.last_bytes = {9, 7, 8};
  auto const asked = server.questions;
  ASSERT_TRUE(parts.run_until([&] { return static_cast<void>(current()), server.questions >= asked + 2; }));
  EXPECT_EQ(name->generation(), 1U);
  EXPECT_EQ(current(), list) << "the very list: nobody needs to look into it";
}

TEST_F(ANameTest, keeps_its_list_while_asking_fails) {
  unsigned char last_byte = 0;
  for (auto const says : {ChangingServer::Says::failure, ChangingServer::Says::nothing, ChangingServer::Says::no_such_name}) {
    server.says = ChangingServer::Says::addresses;
    server.last_bytes = {++last_byte};
    std::vector<std::string> const list{std::string{"10.2.0."} + std::to_string(last_byte)};
    ASSERT_TRUE(becomes(list));
    server.says = says;
    auto const asked = server.questions;
    EXPECT_TRUE(parts.run_until([&] { return static_cast<void>(current()), server.questions > asked; }));
    go_on(500ms);
    EXPECT_EQ(texts(current()), list);
    EXPECT_EQ(name->detail(std::chrono::steady_clock::now()), "");
  }
}

TEST_F(ANameTest, is_known_to_a_worker_that_never_asked_before_asking_fails) {
  ASSERT_TRUE(lookup());
  server.says = ChangingServer::Says::failure;
  Discovery another{parts.context.get_executor(), parts.context, resolver, parts.metrics, {200ms, 60s, 2s}};
  name = another.of("service.test.");
  auto const answer = lookup();
  ASSERT_TRUE(answer);
  EXPECT_EQ(texts(*answer), std::vector<std::string>{"10.2.0.7"});
  EXPECT_TRUE(parts.run_until([&] { return !current(); })) << "it is as old as it is, whoever has it";
}

TEST_F(ANameTest, says_how_old_its_list_was_once_it_is_no_longer_used) {
  ASSERT_TRUE(lookup());
  server.says = ChangingServer::Says::no_such_name;
  ASSERT_TRUE(parts.run_until([&] { return !current(); }));
  auto const failed = lookup();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::no_address);
  EXPECT_EQ(failed.error().stage, Stage::resolve);
  EXPECT_THAT(name->detail(std::chrono::steady_clock::now()),
              testing::MatchesRegex("its last good answer is [0-9]+ s old, and no longer used"));
}

TEST_F(ANameTest, comes_back_after_its_list_had_ended) {
  ASSERT_TRUE(lookup());
  server.says = ChangingServer::Says::failure;
  ASSERT_TRUE(parts.run_until([&] { return !current(); }));
  server.says = ChangingServer::Says::addresses;
  EXPECT_TRUE(becomes({"10.2.0.7"}));
  EXPECT_EQ(name->generation(), 1U) << "it came back the same";
}

TEST_F(ANameTest, fails_at_once_for_the_calls_between_two_questions) {
  server.says = ChangingServer::Says::no_such_name;
  EXPECT_FALSE(lookup());
  auto const asked = server.questions;
  for (int i = 0; i < 50; ++i) EXPECT_EQ(lookup().error().code, Errc::no_address);
  EXPECT_EQ(server.questions, asked);
}

TEST_F(ANameTest, is_asked_for_less_often_the_longer_it_fails_and_success_forgives) {
  server.says = ChangingServer::Says::no_such_name;
  auto const seconds_until_asked = [&](int times) {
    auto const from = std::chrono::steady_clock::now();
    auto const until = server.questions + times;
    EXPECT_TRUE(parts.run_until([&] { return static_cast<void>(current()), server.questions >= until; }));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
  };
  EXPECT_GT(seconds_until_asked(2), 0.9) << "at 0 and 1 s";
  server.says = ChangingServer::Says::addresses;
  EXPECT_GT(seconds_until_asked(1), 1.9) << "2 s later";
  EXPECT_TRUE(becomes({"10.2.0.7"}));
  server.says = ChangingServer::Says::no_such_name;
  EXPECT_LT(seconds_until_asked(2), 3.5) << "1 s again, not 4";
}

TEST(BackOff, doubles_up_to_its_limit) {
  std::vector<std::chrono::seconds> waits;
  for (std::uint32_t failures = 0; failures < 8; ++failures) waits.push_back(back_off(failures));
  EXPECT_EQ(waits, (std::vector<std::chrono::seconds>{0s, 1s, 2s, 4s, 8s, 16s, 30s, 30s}));
  EXPECT_EQ(back_off(std::numeric_limits<std::uint32_t>::max()), 30s);
}

}  // namespace
}  // namespace ambassador::upstream::discovery_test
