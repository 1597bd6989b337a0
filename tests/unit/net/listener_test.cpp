#include "net/listener.hpp"

#include "support/socket.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <vector>

#include <poll.h>
#include <sys/resource.h>

namespace ambassador::net::listener_test {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

/// No descriptor is free while this lives, until some are given back.
class ScarceDescriptors {
 public:
  ScarceDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = std::min<rlim_t>(before_.rlim_cur, 128);
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int taken = ::dup(0); taken >= 0; taken = ::dup(0)) taken_.push_back(taken);
  }
  ~ScarceDescriptors() {
    give_back();
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  void give_back() {
    for (int const descriptor : taken_) ::close(descriptor);
    taken_.clear();
  }

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

class ListenerTest : public testing::Test {
 protected:
  ~ListenerTest() override {
    for (int const taken : accepted) ::close(taken);
  }

  boost::asio::io_context context{1};
  int const descriptor = open_listening_socket({boost::asio::ip::address_v4::loopback(), 0}, false).value();
  std::uint16_t const port = bound_address(descriptor).port();
  std::vector<int> accepted;
  std::vector<boost::system::error_code> trouble;
  Listener listening{context.get_executor(), tcp::v4(), descriptor,
                     Listener::Handlers{
                         .accepted = [this](int taken, tcp::endpoint) { accepted.push_back(taken); },
                         .trouble = [this](boost::system::error_code code) { trouble.push_back(code); },
                     }};
};

TEST_F(ListenerTest, takes_what_comes) {
  listening.start();
  std::vector<support::Socket> clients;
  for (std::size_t count = 0; count < 3 * accepts_at_once; ++count) clients.push_back(support::Socket::connect(port));
  context.run_for(200ms);
  EXPECT_EQ(accepted.size(), clients.size());
  EXPECT_TRUE(trouble.empty());
}

TEST_F(ListenerTest, pauses_when_descriptors_run_out_and_comes_back_by_itself) {
  listening.start();
  auto client = support::Socket::connect(port);
  ScarceDescriptors scarce;
  context.run_for(3 * accept_pause + 50ms);
  EXPECT_TRUE(accepted.empty());
  ASSERT_FALSE(trouble.empty()) << "nobody was told";
  EXPECT_EQ(trouble.front(), boost::system::errc::too_many_files_open);
  EXPECT_LE(trouble.size(), 5U) << "it spins";
  scarce.give_back();
  context.run_for(3 * accept_pause);
  EXPECT_EQ(accepted.size(), 1U);
}

TEST_F(ListenerTest, takes_what_is_left_in_the_queue_before_it_closes) {
  std::vector<support::Socket> clients;
  for (int count = 0; count < 100; ++count) clients.push_back(support::Socket::connect(port));
  listening.start();
  listening.stop();
  EXPECT_EQ(accepted.size(), 100U);
  for (auto& client : clients) EXPECT_TRUE(client.is_quiet(0ms)) << "a connection that was accepted is reset";
  EXPECT_THROW(support::Socket::connect(port), std::runtime_error);
}

TEST_F(ListenerTest, lets_no_handshake_begin_that_its_close_would_break) {
  listening.start();
  auto const early = support::Socket::connect(port);
  listening.turn_away();
  int const late = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  tcp::endpoint const server{boost::asio::ip::address_v4::loopback(), port};
  EXPECT_EQ(::connect(late, server.data(), static_cast<socklen_t>(server.size())), -1);
  pollfd connected{late, POLLOUT, 0};
  EXPECT_EQ(::poll(&connected, 1, 100), 0) << "it was let in";
  listening.stop();
  EXPECT_EQ(accepted.size(), 1U);
  ::close(late);
}

TEST_F(ListenerTest, stays_stopped) {
  listening.start();
  ScarceDescriptors scarce;
  context.run_for(50ms);
  listening.stop();
  scarce.give_back();
  context.restart();
  context.run_for(2 * accept_pause);
  EXPECT_TRUE(context.stopped()) << "something still waits";
  listening.stop();
}

TEST(OpenListeningSocket, says_when_the_port_is_in_use) {
  auto const first = open_listening_socket({boost::asio::ip::address_v4::loopback(), 0}, false).value();
  auto const second = open_listening_socket(bound_address(first), false);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, boost::asio::error::address_in_use);
  ::close(first);
}

TEST(OpenListeningSocket, lets_several_share_a_port_that_ask_for_it) {
  auto const first = open_listening_socket({boost::asio::ip::address_v4::loopback(), 0}, true).value();
  auto const second = open_listening_socket(bound_address(first), true);
  ASSERT_TRUE(second);
  ::close(first);
  ::close(*second);
}

}  // namespace
}  // namespace ambassador::net::listener_test
