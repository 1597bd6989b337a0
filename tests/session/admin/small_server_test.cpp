// The server of the admin port, on loopback.
#include "admin/small_server.hpp"

#include "net/listener.hpp"
#include "support/http_text.hpp"
#include "support/socket.hpp"

#include <spdlog/sinks/ostream_sink.h>

#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>
#include <thread>

namespace ambassador::admin::small_server_test {
namespace {

namespace http = boost::beast::http;
using support::Socket;

class ServedSmall : public testing::Test {
 protected:
  ServedSmall() : descriptor_{net::open_listening_socket({boost::asio::ip::address_v4::loopback(), 0}, false).value()} {}

  ~ServedSmall() override {
    context_.stop();
    thread_.join();
  }

  [[nodiscard]] Socket connect() const { return Socket::connect(port_); }

  static std::string answer_to(Socket& socket, std::string_view request) {
    socket.send(request);
    socket.receive_until([](std::string_view bytes) { return support::message_end(bytes) != support::incomplete; });
    return socket.take(socket.pending().size());
  }

  /// Once the server is at rest.
  std::string events() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread{[] {}};
    return events_.str();
  }

 private:
  static SmallResponse answer(SmallRequest const& request, boost::asio::ip::tcp::endpoint const&) {
    if (request.target().starts_with("/throw")) throw std::runtime_error{"broken\n\x1b[31m"};
    return text_response(http::status::ok, "well\n");
  }

  std::ostringstream events_;
  int descriptor_;
  std::uint16_t port_ = net::bound_address(descriptor_).port();
  boost::asio::io_context context_;
  SmallServer server_{context_, descriptor_, answer,
                      observe::make_event_log(std::make_shared<spdlog::sinks::ostream_sink_mt>(events_, true))};
  std::thread thread_{[this] { context_.run(); }};
};

TEST_F(ServedSmall, goes_on_after_a_request_that_could_not_be_answered) {
  auto socket = connect();
  EXPECT_TRUE(answer_to(socket, "GET /throw\x80 HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(answer_to(socket, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("HTTP/1.1 200 "));
  auto const said = events();
  EXPECT_NE(said.find("answering a request for /throw\\x80 failed: broken\\x0a\\x1b[31m"), std::string::npos) << said;
}

TEST_F(ServedSmall, says_that_a_head_is_too_long) {
  auto socket = connect();
  auto const long_head = "GET /?" + std::string(4 * SmallServer::max_head_bytes, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  socket.send(long_head);
  auto const answer = socket.receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 431 ")) << answer;
  EXPECT_NE(answer.find("may have 16384 bytes"), std::string::npos) << answer;
  EXPECT_EQ(socket.end(), support::End::closed);
}

TEST_F(ServedSmall, takes_a_head_of_just_the_length) {
  auto socket = connect();
  std::string head = "GET /? HTTP/1.1\r\nHost: a\r\n\r\n";
  head.insert(6, std::string(SmallServer::max_head_bytes - head.size(), 'x'));
  EXPECT_TRUE(answer_to(socket, head).starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace ambassador::admin::small_server_test
