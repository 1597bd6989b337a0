// The client's part of a scripted exchange. Whatever fails underneath, a reply is either whole and right, or an error of
// the product's own, or visibly broken: anything else is a failure of the test here.
#pragma once

#include "message.hpp"
#include "support/socket.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <string>
#include <thread>
#include <vector>

namespace ambassador::faults {

using support::End;
using support::Socket;

/// Between the packets of a message that comes in several.
inline constexpr std::chrono::milliseconds between_packets{2};

/// False where the peer takes no more.
inline bool send_apart(Socket& socket, std::initializer_list<std::string> packets) {
  for (auto const& packet : packets) {
    if (!socket.send(packet)) return false;
    std::this_thread::sleep_for(between_packets);
  }
  return true;
}

/// What the client saw of one call.
struct Seen {
  std::string path;
  int status = 0;  ///< 0 where the reply broke off
};

class Conversation {
 public:
  explicit Conversation(Socket& socket) : socket_{socket} {}

  /// The reply to the call for `path`: from the upstream it is 200 with exactly this body and these trailers. True where
  /// it is that, so that the conversation can go on.
  bool reply(std::string const& path, std::string_view body, std::string_view trailers = {}) {
    std::size_t end = support::incomplete;
    socket_.receive_until([&](std::string_view bytes) { return (end = support::response_end(bytes)) != support::incomplete; });
    if (end == support::incomplete) return broke_off(path);
    return judge(path, socket_.take(end), body, trailers);
  }

  /// The reply to a client that takes the connection's end for the body's.
  bool reply_until_close(std::string const& path, std::string_view body) {
    auto const bytes = socket_.receive_all();
    if (socket_.end() != End::closed || bytes.find("\r\n\r\n") == std::string::npos) return broke_off(path);
    return judge(path, bytes, body, {});
  }

  /// A CONNECT, which is not a call of its own.
  bool open_tunnel(std::string const& authority) {
    socket_.send("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n");
    std::string const answer = "HTTP/1.1 200 OK\r\n\r\n";
    auto const got = socket_.receive_exactly(answer.size());
    if (got == answer) return true;
    if (socket_.end() == End::open) {
      ADD_FAILURE() << "no tunnel: " << got << socket_.receive_all();
    }
    return false;
  }

  /// The head of a 101; true where the protocol is switched.
  bool switched(std::string const& path) {
    std::size_t end = support::incomplete;
    socket_.receive_until([&](std::string_view bytes) { return (end = support::response_end(bytes)) != support::incomplete; });
    if (end == support::incomplete) return broke_off(path);
    if (support::status_of(socket_.pending()) != 101) return judge(path, socket_.take(end), {}, {});
    socket_.take(end);
    seen_.push_back({path, 101});
    return true;
  }

  /// The rest of a stream that is HTTP no longer: it never has what was not sent. Where a `send` before failed, that the
  /// stream broke was seen there.
  void rest_of_stream(std::string_view all, bool all_sent) {
    auto const got = socket_.receive_all();
    EXPECT_EQ(got, all.substr(0, got.size()));
    EXPECT_NE(socket_.end(), End::open) << "the stream hangs";
    looks_ended_ = got != all && all_sent && socket_.end() == End::closed;
  }

  [[nodiscard]] Socket& socket() { return socket_; }
  [[nodiscard]] std::vector<Seen> const& seen() const { return seen_; }
  /// Whether a stream that is HTTP no longer was cut, and ended as if it were whole.
  [[nodiscard]] bool looks_ended() const { return looks_ended_; }

 private:
  bool broke_off(std::string const& path) {
    EXPECT_NE(socket_.end(), End::open) << path << " hangs after: " << socket_.pending();
    seen_.push_back({path, 0});
    return false;
  }

  bool judge(std::string const& path, std::string_view bytes, std::string_view body, std::string_view trailers) {
    auto const last = final_response(bytes);
    auto const message = taken_apart(last);
    auto const status = support::status_of(last);
    seen_.push_back({path, status});
    if (is_own_reply(message)) {
      EXPECT_GE(status, 400) << bytes;
      return false;
    }
    EXPECT_EQ(status, 200) << bytes;
    EXPECT_EQ(message.body, body);
    EXPECT_EQ(message.trailers, trailers);
    return true;
  }

  Socket& socket_;
  std::vector<Seen> seen_;
  bool looks_ended_ = false;
};

}  // namespace ambassador::faults
