// A tunnel between two socket pairs, run by hand: what the test does at the far ends is done between steps.
#pragma once

#include "net/relay.hpp"
#include "net/splice_pipe.hpp"

#include "support/scripted_upstream.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <csignal>
#include <optional>

#include <sys/resource.h>

namespace ambassador::net {

using namespace std::chrono_literals;
using support::End;

class Relaying : public testing::Test {
 protected:
  using Ends = std::array<int, 2>;  ///< ours, which does not block, and the far one

  struct Side {
    Side(Executor executor, TimerWheel& wheel, Ends ends) : stream{executor, wheel, ends[0]}, far{ends[1]} {}
    Stream stream;
    support::Socket far;
  };

  static Ends unix_pair() {
    Ends ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    return ends;
  }

  static Ends tcp_pair() {
    int const listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listening, 1), 0);
    ::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size);
    int const far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(far, reinterpret_cast<sockaddr*>(&address), size), 0);
    int const ours = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    ::close(listening);
    return {ours, far};
  }

  explicit Relaying(Ends (*pair)() = tcp_pair)
      : client{context.get_executor(), wheel, pair()}, upstream{context.get_executor(), wheel, pair()} {
    std::signal(SIGPIPE, SIG_IGN);
  }

  void start(RelayOptions options = {}) {
    boost::asio::co_spawn(context, relay(client.stream, upstream.stream, scratch, std::move(options)),
                          [this](std::exception_ptr const& failed, Relayed relayed) {
                            EXPECT_FALSE(failed);
                            result = relayed;
                          });
    step();
  }

  void start(Milliseconds idle) {
    RelayOptions options;
    options.idle = idle;
    start(std::move(options));
  }

  void step() {
    context.restart();
    context.poll();
  }

  /// Steps until it is so; false where that takes too long.
  template <class Condition>
  bool step_until(Condition condition, std::chrono::milliseconds limit = support::patience) {
    return support::eventually(
        [&] {
          step();
          return condition();
        },
        limit);
  }

  /// What `from` sends until nobody takes any more of it.
  std::string fill(Side& from) {
    std::string sent;
    for (int refused = 0; refused < 20; ++refused) {
      while (auto const taken = from.far.send_now(noise(sent.size(), 100'000))) {
        sent += noise(sent.size(), taken);
        refused = 0;
        step();
      }
      step();
      std::this_thread::sleep_for(1ms);
    }
    return sent;
  }

  /// What arrives at `to`, until there is so much of it or the tunnel has ended.
  std::string drain(Side& to, std::size_t size) {
    std::string got;
    step_until([&] {
      to.far.receive_until([](std::string_view bytes) { return !bytes.empty(); }, 1ms);
      got += to.far.take(to.far.pending().size());
      to.far.forget();
      return got.size() >= size || to.far.end() != End::open || result;
    });
    return got;
  }

  /// Bytes that tell where in a stream they stand: a piece that is lost, doubled or misplaced shows. ThreadSanitizer does not
  /// watch them being made: no other thread knows of them yet, and it would take most of a test in bulk.
  [[gnu::no_sanitize_thread]] static std::string noise(std::size_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    char* const data = bytes.data();
    for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<char>(((offset + i) * 0x9E3779B97F4A7C15U) >> 56U);
    return bytes;
  }

  SplicePipes& pipes() { return SplicePipes::of(context.get_executor()); }

  boost::asio::io_context context{1};
  SteadyTime const began = std::chrono::steady_clock::now();
  TimerWheel wheel{began};
  Side client;
  Side upstream;
  std::vector<char> scratch = std::vector<char>(64 * 1024);
  std::optional<Relayed> result;
};

/// No descriptor is free while this lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = std::min<rlim_t>(before_.rlim_cur, 128);
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int taken = ::dup(0); taken >= 0; taken = ::dup(0)) taken_.push_back(taken);
  }
  ~NoDescriptors() {
    for (int const descriptor : taken_) ::close(descriptor);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  NoDescriptors(NoDescriptors const&) = delete;
  NoDescriptors& operator=(NoDescriptors const&) = delete;

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

}  // namespace ambassador::net
