// The same against the `openssl` program: what both of our sides could misread alike shows here.
#include "tls_pair.hpp"

#include "net/listener.hpp"
#include "support/scripted_upstream.hpp"

#include <chrono>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

extern char** environ;

namespace ambassador::net::tls_openssl_test {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

bool has_openssl() { return std::system("openssl version >/dev/null 2>&1") == 0; }

/// The program with its arguments, ended with the test. It reads from `input` or from nothing, and writes into `output`.
class Openssl {
 public:
  Openssl(std::vector<std::string> arguments, std::string const& input, std::string const& output) {
    arguments.insert(arguments.begin(), "openssl");
    std::vector<char*> pointers;
    for (auto& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, 0, input.c_str(), O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_CREAT, 0600);
    ::posix_spawn_file_actions_addopen(&files, 2, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (::posix_spawnp(&process_, "openssl", &files, nullptr, pointers.data(), environ) != 0) process_ = 0;
    ::posix_spawn_file_actions_destroy(&files);
  }
  ~Openssl() {
    if (process_ == 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  Openssl(Openssl const&) = delete;
  Openssl& operator=(Openssl const&) = delete;

 private:
  pid_t process_ = 0;
};

class TlsAndOpensslTest : public TlsPair {
 protected:
  void SetUp() override {
    if (!has_openssl()) GTEST_SKIP() << "openssl is not installed";
  }

  /// Steps with real waits, since the other side is another process.
  bool wait_until(std::function<bool()> const& done) {
    for (auto const until = std::chrono::steady_clock::now() + support::patience; std::chrono::steady_clock::now() < until;) {
      if (done()) return true;
      context.restart();
      context.run_for(5ms);
    }
    return false;
  }

  /// A port that was free just now.
  static std::uint16_t free_port() {
    int const descriptor = open_listening_socket({boost::asio::ip::address_v4::loopback(), 0}, false).value();
    auto const port = bound_address(descriptor).port();
    ::close(descriptor);
    return port;
  }
};

TEST_F(TlsAndOpensslTest, our_client_speaks_with_s_server) {
  auto const port = free_port();
  support::Directory const directory;
  Openssl const peer{{"s_server", "-quiet", "-accept", "127.0.0.1:" + std::to_string(port), "-cert", all.good.cert, "-key",
                      all.good.key, "-rev"},
                     "/dev/null",
                     directory.file("out")};
  auto const tls = client_of(trusting(all.ca.file()));
  TlsSessionSlot slot;
  for (bool const resumed : {false, true}) {
    Outcome connected;
    ASSERT_TRUE(wait_until([&] {
      if (connected && !*connected) return true;
      connected.reset();
      client.emplace(context.get_executor(), wheel);
      spawn(client->connect({boost::asio::ip::address_v4::loopback(), port}), connected);
      context.restart();
      context.run_for(20ms);
      return connected && !*connected;
    })) << "s_server does not listen";
    client_outcome.reset();
    start_client(tls, {"localhost", &slot});
    ASSERT_TRUE(wait_until([&] { return client_outcome.has_value(); }));
    ASSERT_FALSE(*client_outcome) << client->tls_detail();
    EXPECT_EQ(client->tls()->resumed, resumed);
    // `-rev` sends each line back in reverse.
    ASSERT_FALSE(client->write_some(std::string_view{"stressed\n"}).code);
    std::string got;
    wait_until([&] {
      got += read_now(*client);
      return got.size() >= 9;
    });
    EXPECT_EQ(got, "desserts\n");
    client->close();
  }
}

TEST_F(TlsAndOpensslTest, our_server_speaks_with_s_client) {
  auto const port = free_port();
  int const listening = open_listening_socket({boost::asio::ip::address_v4::loopback(), port}, false).value();
  support::Directory const directory;
  auto const question = directory.write("in", "question\n");
  Openssl const peer{{"s_client", "-quiet", "-verify_return_error", "-CAfile", all.ca.file(), "-verify_hostname", "localhost",
                      "-servername", "localhost", "-connect", "127.0.0.1:" + std::to_string(port)},
                     question,
                     directory.file("out")};
  int accepted = -1;
  ASSERT_TRUE(
      wait_until([&] { return (accepted = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0; }));
  ::close(listening);
  server.emplace(context.get_executor(), wheel, accepted);
  start_server(server_of(serving(all.good)));
  ASSERT_TRUE(wait_until([&] { return server_outcome.has_value(); }));
  ASSERT_FALSE(*server_outcome) << server->tls_detail();
  std::string got;
  wait_until([&] {
    got += read_now(*server);
    return got.size() >= 9;
  });
  EXPECT_EQ(got, "question\n");
  ASSERT_FALSE(server->write_some(std::string_view{"answer\n"}).code);
  server->close();
  EXPECT_TRUE(
      wait_until([&] { return support::Directory::read(directory.file("out")).find("answer\n") != std::string::npos; }));
}

}  // namespace
}  // namespace ambassador::net::tls_openssl_test
