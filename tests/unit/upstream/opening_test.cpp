// The steps from an address to a usable connection: their order, what a failed one leads to, and the deadline of them all.
#include "upstream/opening.hpp"

#include "base/error.hpp"
#include "net/addresses.hpp"
#include "support/worker_parts.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace ambassador::upstream::opening_test {
namespace {

using namespace std::chrono_literals;
using Opened = Result<std::unique_ptr<Connection>>;

constexpr std::string_view tunnel_request = "CONNECT pay.test:443 HTTP/1.1\r\nHost: pay.test:443\r\n\r\n";
constexpr std::string_view preamble = "PROXY UNKNOWN\r\n";

/// Answers a request for a tunnel, unless the answer is empty, and keeps what comes afterwards.
class Peer {
 public:
  explicit Peer(std::string answer) : answer_{std::move(answer)} {}

  [[nodiscard]] EndpointPtr endpoint() const {
    boost::asio::ip::tcp::endpoint const address{boost::asio::ip::address_v4::loopback(), upstream_.port()};
    return new Endpoint{address, net::to_text(address), 1};
  }
  [[nodiscard]] bool got_preamble() const { return got_preamble_; }
  [[nodiscard]] std::size_t accepted() const { return upstream_.accepted(); }

 private:
  void serve(support::Socket& socket) {
    if (socket.receive_exactly(tunnel_request.size()) != tunnel_request) return;
    if (!answer_.empty()) socket.send(answer_);
    got_preamble_ = socket.receive_exactly(preamble.size()) == preamble;
    socket.wait_for_end();
  }

  std::string answer_;
  std::atomic<bool> got_preamble_ = false;
  support::ScriptedUpstream upstream_{[this](support::Socket& socket, std::size_t) { serve(socket); }};
};

class Opens : public testing::Test {
 protected:
  Opened open(EndpointList endpoints, std::chrono::milliseconds limit = 5s) {
    auto const until = std::chrono::steady_clock::now() + limit;
    Awaited<Opened> opened{parts, open_connection(opening, std::move(endpoints), until, attempt, wish)};
    EXPECT_TRUE(parts.run_until([&] { return opened.done(); }));
    return std::move(*opened);
  }

  WorkerParts parts;
  Authority upstream{"pay.test", 443};
  EgressOptions options{.via = config::Via{"http://parent", {"parent", 3128}, {}, {}}, .tunnelled = true};
  net::TlsSessionSlot tls_session;
  Opening opening{parts.context.get_executor(), parts.wheel, upstream, options, tls_session};
  Attempt attempt{.preamble = std::string{preamble}, .address = {}, .detail = {}};
  Wish wish;
};

TEST_F(Opens, the_tunnel_then_the_preamble) {
  Peer parent{"HTTP/1.1 200 OK\r\n\r\n"};
  auto const opened = open({parent.endpoint()});
  ASSERT_TRUE(opened);
  EXPECT_TRUE(support::eventually([&] { return parent.got_preamble(); }));
  EXPECT_FALSE((*opened)->stream.expired());
  EXPECT_EQ(attempt.detail, "");
}

TEST_F(Opens, another_endpoint_if_a_step_fails_at_the_first) {
  Peer refusing{"HTTP/1.1 403 Forbidden\r\n\r\n"};
  Peer parent{"HTTP/1.1 200 OK\r\n\r\n"};
  auto const opened = open({refusing.endpoint(), parent.endpoint()});
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->endpoint->text, parent.endpoint()->text);
  EXPECT_EQ(attempt.address, parent.endpoint()->text);
  EXPECT_EQ(attempt.detail, "");
  EXPECT_EQ(refusing.accepted(), 1U);
}

TEST_F(Opens, nothing_if_a_step_fails_at_all_endpoints) {
  Peer refusing{"HTTP/1.1 403 Forbidden\r\n\r\n"};
  auto const opened = open({refusing.endpoint()});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::via_refused);
  EXPECT_EQ(attempt.detail, "the parent proxy answered HTTP/1.1 403 Forbidden");
  EXPECT_FALSE(refusing.got_preamble());
}

TEST_F(Opens, within_one_deadline_for_all_steps) {
  Peer silent{""};
  auto const opened = open({silent.endpoint()}, 50ms);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::timed_out);
}

TEST_F(Opens, not_once_the_wish_is_given_up) {
  Peer parent{"HTTP/1.1 200 OK\r\n\r\n"};
  wish.give_up();
  auto const opened = open({parent.endpoint()});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, boost::asio::error::operation_aborted);
}

TEST_F(Opens, not_without_the_files_that_tls_needs) {
  Peer parent{"HTTP/1.1 200 OK\r\n\r\n"};
  options.tls =
      std::make_shared<net::TlsSource>(std::vector<std::string>{}, [] { return std::shared_ptr<net::TlsContext const>{}; });
  auto const opened = open({parent.endpoint()});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::tls_no_context);
  EXPECT_EQ(opened.error().stage, Stage::handshake);
  EXPECT_EQ(opened.error().side, Side::local);
}

}  // namespace
}  // namespace ambassador::upstream::opening_test
