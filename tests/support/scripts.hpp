// What upstreams of more than one test do, and what their clients then see.
#pragma once

#include "support/outcome.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>

namespace ambassador::support {

/// An upstream's calls, which wait until the test lets them have their answers.
class Held {
 public:
  [[nodiscard]] ScriptedUpstream::Script script() {
    return [this](Socket& socket, std::size_t) {
      while (!read_request(socket).empty() && socket.end() == End::open) {
        ++waiting_;
        eventually([this] { return released_.load(); });
        socket.send(ok_response);
      }
    };
  }
  /// From now on each call is answered at once.
  void release() { released_ = true; }
  /// Returns true as soon as so many calls have come, and false if patience ends before that.
  [[nodiscard]] bool has(int waiting) {
    return eventually([&] { return waiting_ == waiting; });
  }

 private:
  std::atomic<int> waiting_ = 0;
  std::atomic<bool> released_ = false;
};

/// Whatever comes goes back, until the end.
inline void echo(Socket& socket) {
  while (socket.receive_until([](std::string_view bytes) { return !bytes.empty(); })) {
    if (!socket.send(socket.take(socket.pending().size()))) return;
  }
}

inline ScriptedUpstream::Script echoing() {
  return [](Socket& socket, std::size_t) { echo(socket); };
}

/// The client says `question` and ends its side; then comes `answer`.
inline ScriptedUpstream::Script answering_the_end(std::string question, std::string answer) {
  return [question = std::move(question), answer = std::move(answer)](Socket& socket, std::size_t) {
    EXPECT_EQ(socket.receive_all(), question);
    EXPECT_EQ(socket.end(), End::closed);
    socket.send(answer);
  };
}

/// The client's side of that.
inline void ask_and_end(Socket& client, std::string const& question, std::string const& answer) {
  client.send(question);
  client.shutdown_send();
  EXPECT_EQ(client.receive_all(), answer);
  EXPECT_EQ(client.end(), End::closed);
}

/// The upstream says `words` and ends its side; then the client says `answer`.
inline ScriptedUpstream::Script ending_first(std::string words, std::string answer) {
  return [words = std::move(words), answer = std::move(answer)](Socket& socket, std::size_t) {
    socket.send(words);
    socket.shutdown_send();
    EXPECT_EQ(socket.receive_all(), answer);
    EXPECT_EQ(socket.end(), End::closed);
  };
}

/// Sends 4 MB to an upstream that echoes, and reads them at the same time. Returns how many bytes that were.
inline std::int64_t expect_much_comes_back(Socket& client) {
  std::string text;
  for (int number = 0; text.size() < 4'000'000; ++number) text += std::to_string(number) + ' ';
  std::thread sending{[&, out = Socket{client.share()}]() mutable {
    out.send(text);
    out.shutdown_send();
  }};
  EXPECT_TRUE(client.receive_all() == text);
  sending.join();
  return static_cast<std::int64_t>(text.size());
}

}  // namespace ambassador::support
