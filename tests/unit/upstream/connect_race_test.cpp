#include "upstream/connect_race.hpp"

#include "base/error.hpp"
#include "net/listener.hpp"
#include "support/worker_parts.hpp"

#include <gtest/gtest.h>

namespace ambassador::upstream::connect_race_test {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

/// Listens and takes nobody: once its queue is full, who connects hears nothing.
class Silent {
 public:
  Silent() : descriptor_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    tcp::endpoint const any{boost::asio::ip::address_v4::loopback(), 0};
    ::bind(descriptor_, any.data(), static_cast<socklen_t>(any.size()));
    ::listen(descriptor_, 0);
    for (auto& one : filling_) {
      one = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      auto const address = endpoint();
      ::connect(one, address.data(), static_cast<socklen_t>(address.size()));
    }
  }
  ~Silent() {
    for (int const one : filling_) ::close(one);
    ::close(descriptor_);
  }
  Silent(Silent const&) = delete;
  Silent& operator=(Silent const&) = delete;

  [[nodiscard]] tcp::endpoint endpoint() const { return net::bound_address(descriptor_); }

 private:
  int descriptor_;
  std::array<int, 4> filling_{};
};

EndpointPtr endpoint(tcp::endpoint const& address) { return new Endpoint{address, net::to_text(address), 1}; }

EndpointPtr at(std::uint16_t port) { return endpoint({boost::asio::ip::address_v4::loopback(), port}); }

/// Nobody listens there.
EndpointPtr closed() {
  auto const descriptor = net::open_listening_socket({boost::asio::ip::address_v4::loopback(), 0}, false).value();
  auto const address = net::bound_address(descriptor);
  ::close(descriptor);
  return endpoint(address);
}

class ConnectRaceTest : public testing::Test {
 protected:
  using Outcome = Result<std::unique_ptr<Connection>>;

  Outcome run(std::vector<EndpointPtr> const& endpoints, std::chrono::milliseconds limit = 5s) {
    auto const until = std::chrono::steady_clock::now() + limit;
    Awaited<Outcome> outcome{parts, race.run(endpoints, until, wish, tried)};
    EXPECT_TRUE(parts.run_until([&] { return outcome.done(); }));
    return std::move(*outcome);
  }

  support::ScriptedUpstream server{[](support::Socket& socket, std::size_t) {
    while (socket.is_quiet(5ms)) {
    }
  }};
  Silent silent;
  WorkerParts parts;
  ConnectRace race{parts.context.get_executor(), parts.wheel};
  Wish wish;
  EndpointPtr tried;
};

TEST_F(ConnectRaceTest, takes_the_first_where_it_answers) {
  auto const first = at(server.port());
  auto const won = run({first, endpoint(silent.endpoint())});
  ASSERT_TRUE(won);
  EXPECT_EQ((*won)->endpoint, first);
  EXPECT_EQ(tried, first);
}

TEST_F(ConnectRaceTest, gives_one_that_is_silent_company) {
  auto const second = at(server.port());
  auto const before = std::chrono::steady_clock::now();
  auto const won = run({endpoint(silent.endpoint()), second});
  ASSERT_TRUE(won);
  EXPECT_EQ((*won)->endpoint, second);
  EXPECT_GE(std::chrono::steady_clock::now() - before, attempt_delay);
}

TEST_F(ConnectRaceTest, does_not_wait_for_one_that_refuses) {
  auto const second = at(server.port());
  auto const won = run({closed(), second, endpoint(silent.endpoint())}, attempt_delay - 10ms);
  ASSERT_TRUE(won);
  EXPECT_EQ((*won)->endpoint, second);
}

TEST_F(ConnectRaceTest, fails_as_the_last_did) {
  auto const last = closed();
  auto const lost = run({closed(), last});
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, boost::asio::error::connection_refused);
  EXPECT_EQ(lost.error().stage, Stage::connect);
  EXPECT_EQ(tried, last);
}

TEST_F(ConnectRaceTest, ends_with_its_time) {
  auto const lost = run({endpoint(silent.endpoint()), endpoint(silent.endpoint())}, 400ms);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Errc::timed_out);
}

TEST_F(ConnectRaceTest, ends_when_nobody_wants_it_any_more) {
  std::vector<EndpointPtr> const endpoints{endpoint(silent.endpoint()), endpoint(silent.endpoint())};
  Awaited<Outcome> outcome{parts, race.run(endpoints, std::chrono::steady_clock::now() + 1h, wish, tried)};
  parts.step();
  wish.give_up();
  EXPECT_TRUE(parts.run_until([&] { return outcome.done(); }));
  ASSERT_FALSE(*outcome);
  EXPECT_EQ(outcome->error().code, boost::asio::error::operation_aborted);
}

}  // namespace
}  // namespace ambassador::upstream::connect_race_test
