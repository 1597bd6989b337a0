#include "net/original_destination.hpp"

#include "support/socket.hpp"

#include <gtest/gtest.h>
#include <boost/asio/ip/address.hpp>

#include <sched.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

namespace ambassador::net::original_destination_test {
namespace {

using boost::asio::ip::tcp;

/// A listener on any port of `address`, and a connection from a client to where the test says.
class Pair {
 public:
  explicit Pair(char const* address) : listener_{::socket(family(address), SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    tcp::endpoint own{boost::asio::ip::make_address(address), 0};
    EXPECT_EQ(::bind(listener_, own.data(), static_cast<socklen_t>(own.size())), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    auto size = static_cast<socklen_t>(own.capacity());
    EXPECT_EQ(::getsockname(listener_, own.data(), &size), 0);
    own_ = own;
  }
  ~Pair() {
    for (int const descriptor : {accepted_, client_, listener_}) ::close(descriptor);
  }
  Pair(Pair const&) = delete;
  Pair& operator=(Pair const&) = delete;

  [[nodiscard]] tcp::endpoint own() const { return own_; }

  /// The accepted descriptor of a connection that goes to `destination`; -1 where it does not arrive.
  int connect(tcp::endpoint const& destination) {
    client_ = ::socket(destination.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(client_, destination.data(), static_cast<socklen_t>(destination.size())) != 0) return -1;
    return accepted_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  }

 private:
  static int family(char const* address) { return boost::asio::ip::make_address(address).is_v4() ? AF_INET : AF_INET6; }
  int listener_;
  int client_ = -1;
  int accepted_ = -1;
  tcp::endpoint own_;
};

tcp::endpoint to(char const* address, std::uint16_t port) { return {boost::asio::ip::make_address(address), port}; }

/// Runs `test` in a network of its own, whose TCP to port 9000 the kernel redirects to `port_of()`; false where this is
/// not permitted. A network belongs to a thread.
bool in_own_network(std::function<void(std::function<bool(std::uint16_t)> const& redirect_to)> const& test) {
  bool could = false;
  std::thread{[&] {
    if (::unshare(CLONE_NEWNET) != 0 || std::system("ip link set lo up 2>/dev/null && ip route add 203.0.113.0/24 dev lo && "
                                                    "ip -6 route add 2001:db8::/32 dev lo") != 0) {
      return;
    }
    could = true;
    test([&could](std::uint16_t port) {
      auto const script = "echo 'table inet t { chain c { type nat hook output priority -100; tcp dport 9000 redirect to :" +
                          std::to_string(port) + "; }; }' | nft -f - 2>/dev/null";
      return could = std::system(script.c_str()) == 0;
    });
  }}.join();
  return could;
}

TEST(OriginalDestination, is_nothing_for_a_connection_to_ourselves) {
  for (char const* address : {"127.0.0.1", "::1"}) {
    Pair pair{address};
    int const accepted = pair.connect(pair.own());
    ASSERT_GE(accepted, 0) << address;
    EXPECT_EQ(original_destination(accepted), std::nullopt) << address;
  }
}

TEST(OriginalDestination, is_nothing_for_what_is_no_tcp_connection) {
  EXPECT_EQ(original_destination(-1), std::nullopt);
  EXPECT_EQ(original_destination(STDERR_FILENO), std::nullopt);
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  EXPECT_EQ(original_destination(ends[0]), std::nullopt);
  ::close(ends[0]);
  ::close(ends[1]);
}

struct Row {
  char const* listener;
  char const* destination;
};

class OriginalDestinationOfARedirectedConnection : public testing::TestWithParam<Row> {};

TEST_P(OriginalDestinationOfARedirectedConnection, is_where_the_client_meant_to_go) {
  auto const& [listener, destination] = GetParam();
  bool const could = in_own_network([&](auto const& redirect_to) {
    Pair pair{listener};
    if (!redirect_to(pair.own().port())) return;
    int const accepted = pair.connect(to(destination, 9000));
    ASSERT_GE(accepted, 0);
    EXPECT_EQ(original_destination(accepted), to(destination, 9000));
  });
  if (!could) GTEST_SKIP() << "no network namespace with nft rules can be made here: it needs root, ip and nft";
}

TEST_P(OriginalDestinationOfARedirectedConnection, is_nothing_where_the_kernel_only_watches) {
  auto const& [listener, destination] = GetParam();
  bool const could = in_own_network([&](auto const& redirect_to) {
    Pair pair{listener};
    if (!redirect_to(1)) return;
    auto const own = std::string{listener} == "::" ? to("127.0.0.1", pair.own().port()) : pair.own();
    int const accepted = pair.connect(own);
    ASSERT_GE(accepted, 0);
    EXPECT_EQ(original_destination(accepted), std::nullopt);
  });
  if (!could) GTEST_SKIP() << "no network namespace with nft rules can be made here: it needs root, ip and nft";
}

INSTANTIATE_TEST_SUITE_P(, OriginalDestinationOfARedirectedConnection,
                         testing::Values(Row{"127.0.0.1", "203.0.113.7"}, Row{"::1", "2001:db8::7"}, Row{"::", "203.0.113.7"}));

}  // namespace
}  // namespace ambassador::net::original_destination_test
