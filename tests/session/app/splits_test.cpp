// However the bytes of either side are cut on their way, the outcome is the same.
#include "support/outcome.hpp"

#include <atomic>

namespace ambassador::support::splits_test {
namespace {

struct Talk {
  std::string client;
  std::string response;       ///< to each request
  std::size_t responses = 1;  ///< final ones
};

struct Outcome {
  std::string upstream;
  std::string client;
  bool operator==(Outcome const&) const = default;
};

std::ostream& operator<<(std::ostream& out, Outcome const& outcome) {
  return out << "upstream:\n" << outcome.upstream << "\nclient:\n" << outcome.client;
}

/// Long enough for the other side to read what came, mostly; the outcome does not depend on it.
void let_it_be_read() { std::this_thread::sleep_for(std::chrono::microseconds{300}); }

void send_cut(Socket& socket, std::string const& bytes, std::size_t at) {
  if (at != 0) {
    socket.send(bytes.substr(0, at));
    let_it_be_read();
  }
  socket.send(bytes.substr(at));
}

class Talking {
 public:
  explicit Talking(Talk talk)
      : talk_{std::move(talk)},
        upstream_{[this](Socket& socket, std::size_t) { serve(socket); }},
        proxy_{to(upstream_.port())} {}

  Outcome play(std::size_t client_cut, std::size_t upstream_cut) {
    upstream_cut_ = upstream_cut;
    Outcome outcome;
    auto client = proxy_.connect();
    send_cut(client, talk_.client, client_cut);
    for (std::size_t response = 0; response < talk_.responses; ++response)
      outcome.client += without_chunks(receive_response(client));
    std::lock_guard const lock{mutex_};
    outcome.upstream = std::exchange(requests_, {});
    ++plays_;
    return outcome;
  }

  /// Every play is logged, and no connection is left.
  void finish() {
    EXPECT_TRUE(eventually([this] { return proxy_.clients() == 0; }));
    EXPECT_LE(proxy_.connections_to(upstream_), 1U);
    EXPECT_EQ(proxy_.stop().size(), plays_ * talk_.responses);
  }

 private:
  void serve(Socket& socket) {
    for (;;) {
      auto const request = read_request(socket);
      if (socket.end() != End::open) return;
      {
        std::lock_guard const lock{mutex_};
        requests_ += without_chunks(request);
      }
      send_cut(socket, talk_.response, upstream_cut_);
    }
  }

  Talk const talk_;
  std::mutex mutex_;
  std::string requests_;
  std::atomic<std::size_t> upstream_cut_ = 0;
  ScriptedUpstream upstream_;
  Proxy proxy_;
  std::size_t plays_ = 0;
};

void expect_the_same_however_it_is_cut(Talk const& talk) {
  Talking talking{talk};
  auto const whole = talking.play(0, 0);
  EXPECT_NE(whole.client.find("HTTP/1.1 200 OK"), std::string::npos) << whole;
  for (std::size_t at = 1; at < talk.client.size(); ++at)
    ASSERT_EQ(talking.play(at, 0), whole) << "the client's bytes at " << at;
  for (std::size_t at = 1; at < talk.response.size(); ++at)
    ASSERT_EQ(talking.play(0, at), whole) << "the upstream's bytes at " << at;
  talking.finish();
}

std::string const chunked_response =
    "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nb\r\n, world...!\r\n0\r\nX-Sum: "
    "1\r\n\r\n";
std::string const interim_response =
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: "
    "2\r\n\r\nok";
std::string const sized_post = "POST /x HTTP/1.1\r\nHost: app\r\nContent-Length: 12\r\n\r\nhello, there";
std::string const chunked_post =
    "POST /x HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7;a\r\n, there\r\n0\r\nX-Sum: 2\r\n\r\n";

TEST(Splits, a_get) { expect_the_same_however_it_is_cut({get_x, ok_response}); }

TEST(Splits, a_get_through_a_forward_proxy) {
  expect_the_same_however_it_is_cut(
      {"GET http://app/x?y=z HTTP/1.1\r\nHost: app\r\nConnection: X-Gone\r\nX-Gone: 1\r\n\r\n", ok_response});
}

TEST(Splits, a_sized_post) { expect_the_same_however_it_is_cut({sized_post, ok_response}); }

TEST(Splits, a_chunked_post_with_trailers) { expect_the_same_however_it_is_cut({chunked_post, ok_response}); }

TEST(Splits, a_chunked_response_with_trailers) { expect_the_same_however_it_is_cut({get_x, chunked_response}); }

TEST(Splits, interim_responses) { expect_the_same_however_it_is_cut({get_x, interim_response}); }

TEST(Splits, a_pipelined_pair) { expect_the_same_however_it_is_cut({sized_post + chunked_post, chunked_response, 2}); }

}  // namespace
}  // namespace ambassador::support::splits_test
