// Ten thousand connections that say nothing, while others are served.
#include "conversation.hpp"
#include "resident.hpp"
#include "sanitized.hpp"
#include "support/proxy.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include <sys/resource.h>
#include <sys/wait.h>

namespace ambassador::faults::idle_test {
namespace {

constexpr std::size_t wanted = sanitized ? 1000 : 10'000;
constexpr std::size_t other_descriptors = 200;
constexpr std::size_t most_bytes_each = 500;

/// A call that the product answers itself, on a connection that is kept.
constexpr std::string_view local_call = "OPTIONS / HTTP/1.1\r\nHost: app\r\nMax-Forwards: 0\r\n\r\n";

std::size_t allowed_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

/// A process with idle connections: it makes one call on each, says so, and holds them until it is told to go.
class IdleClients {
 public:
  /// Before there are threads.
  explicit IdleClients(std::size_t count) {
    if (::pipe2(to_child_, O_CLOEXEC) != 0 || ::pipe2(from_child_, O_CLOEXEC) != 0) throw std::runtime_error{"pipe"};
    child_ = ::fork();
    if (child_ == 0) ::_exit(run(count));
  }
  ~IdleClients() {
    for (int const end : {to_child_[0], to_child_[1], from_child_[0], from_child_[1]}) ::close(end);
    ::waitpid(child_, nullptr, 0);
  }

  /// How many connections were opened and served.
  std::size_t open(std::uint16_t port) {
    std::size_t opened = 0;
    if (::write(to_child_[1], &port, sizeof port) != sizeof port) return 0;
    return ::read(from_child_[0], &opened, sizeof opened) == sizeof opened ? opened : 0;
  }

 private:
  int run(std::size_t count) {
    ::close(to_child_[1]);
    std::uint16_t port = 0;
    if (::read(to_child_[0], &port, sizeof port) != sizeof port) return 1;
    std::vector<Socket> held;
    held.reserve(count);
    std::size_t served = 0;
    for (std::size_t number = 0; number < count; ++number) {
      auto& socket = held.emplace_back(Socket::connect(port));
      socket.send(local_call);
      served += socket.receive_until([](std::string_view bytes) { return bytes.find("\r\n\r\n") != std::string_view::npos; })
                    ? 1U
                    : 0U;
    }
    if (::write(from_child_[1], &served, sizeof served) != sizeof served) return 1;
    return ::read(to_child_[0], &port, sizeof port) == 0 ? 0 : 1;  // until the other end is closed
  }

  int to_child_[2]{};
  int from_child_[2]{};
  pid_t child_ = -1;
};

TEST(Idle, thousands_of_idle_connections_cost_little_and_hold_up_nobody) {
  auto const count = std::min(wanted, allowed_descriptors() - other_descriptors);
  if (count < wanted) std::cout << "only " << count << " connections: RLIMIT_NOFILE allows no more\n";
  IdleClients idle{count};
  support::ScriptedUpstream upstream{support::always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")};
  auto settings = support::to(upstream.port());
  settings.log.share = 0;  // the test's own memory for records is not the product's
  support::Proxy proxy{settings};

  auto client = proxy.connect();
  Conversation conversation{client};
  auto const served = [&] {
    client.send("GET /x HTTP/1.1\r\nHost: app\r\n\r\n");
    return conversation.reply("/x", "ok");
  };
  for (int call = 0; call < 10; ++call) ASSERT_TRUE(served());

  auto const before = resident_bytes();
  ASSERT_EQ(idle.open(proxy.port()), count);
  EXPECT_EQ(proxy.clients(), count + 1);
  auto const grown = static_cast<std::int64_t>(resident_bytes()) - static_cast<std::int64_t>(before);
  if (!sanitized) {
    EXPECT_LT(grown, static_cast<std::int64_t>(most_bytes_each * count));
  }
  RecordProperty("bytes_each", std::to_string(grown / static_cast<std::int64_t>(count)));
  std::cout << "each takes " << grown / static_cast<std::int64_t>(count) << " bytes\n";
  for (int call = 0; call < 100; ++call) ASSERT_TRUE(served());
  EXPECT_EQ(proxy.clients(), count + 1);
}

}  // namespace
}  // namespace ambassador::faults::idle_test
