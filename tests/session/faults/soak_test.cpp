// Many clients at once, an upstream that misbehaves by a seed: nothing is mixed up, lost or left behind.
#include "descriptors.hpp"
#include "resident.hpp"
#include "rough_upstream.hpp"
#include "sanitized.hpp"
#include "support/proxy.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <set>

namespace ambassador::faults::soak_test {
namespace {

using support::Proxy;
using support::Socket;

constexpr std::uint64_t seed = 20240229;
constexpr std::size_t threads = 8;
constexpr std::size_t clients_of_thread = sanitized ? 5 : 25;
constexpr std::size_t clients = threads * clients_of_thread;
constexpr unsigned rounds = sanitized ? 12 : 24;
constexpr unsigned rounds_of_warm_up = rounds / 3;

/// What a record of the log takes in this process, which keeps them all; and what a heap may grow by in its gaps.
constexpr std::size_t record_bytes = 4096;
constexpr std::size_t slack_bytes = 24 * 1024 * 1024;

struct Tally {
  std::atomic<std::size_t> calls{0};
  std::atomic<std::size_t> whole{0};
  std::atomic<std::size_t> own{0};
  std::atomic<std::size_t> broken{0};
};

/// One client: a connection that is kept as long as the proxy keeps it.
class SoakClient {
 public:
  SoakClient(Proxy& proxy, Tally& tally, std::size_t number)
      : proxy_{proxy}, tally_{tally}, number_{number}, random_{hash_of(std::to_string(number), seed)} {}

  void ask() {
    if (!connection_) connection_.emplace(proxy_.connect());
    tag_ = 'c' + std::to_string(number_) + '-' + std::to_string(++asked_);
    path_ = '/' + tag_ + '/' + std::to_string(random_size(random_));
    ++tally_.calls;
    connection_->send(request());
  }

  /// A socket of its own for each reply, for a socket remembers what it received.
  void take_reply() {
    Socket socket{connection_->share()};
    std::size_t end = support::incomplete;
    socket.receive_until(
        [&](std::string_view bytes) { return (end = support::response_end(bytes, head_)) != support::incomplete; });
    if (end == support::incomplete) {
      broke_off(socket);
      return;
    }
    judge(std::string{final_response(socket.take(end))});
    EXPECT_EQ(socket.pending(), "") << "bytes behind the reply to " << path_;
  }

  [[nodiscard]] unsigned asked() const { return asked_; }

 private:
  std::string request() {
    static constexpr std::array methods{"GET", "PUT", "POST", "DELETE", "HEAD"};
    auto const* const method = methods[random_() % methods.size()];
    head_ = std::string_view{method} == "HEAD";
    has_body_ = method[0] == 'P';
    auto text = std::string{method} + ' ' + path_ + " HTTP/1.1\r\nHost: app\r\n";
    if (method[0] != 'P') return text + "\r\n";
    auto const body = tagged_body(tag_, random_size(random_));
    if (random_() % 2 == 0) return text + sized(body);
    return text + "Transfer-Encoding: chunked\r\n\r\n" + chunked_oddly(body, random_);
  }

  void broke_off(Socket& socket) {
    EXPECT_NE(socket.end(), support::End::open) << path_ << " hangs after " << socket.pending().size() << " bytes";
    EXPECT_FALSE(ends_well(fate_of(path_, seed))) << path_ << " broke off";
    ++tally_.broken;
    connection_.reset();
  }

  void judge(std::string const& response) {
    auto const status = support::status_of(response);
    auto const message = taken_apart(response);
    if (status == 200) {
      ++tally_.whole;
      RoughPath const path{path_};
      EXPECT_TRUE(head_ || message.body == tagged_body(path.tag + "-reply", path.size))
          << "the reply to " << path_ << " was mixed up";
    } else {
      ++tally_.own;
      // A body that was sent on a connection which the upstream closed at that moment is not sent again.
      bool const not_sent_again = has_body_ && status == 502;
      EXPECT_TRUE(not_sent_again || !ends_well(fate_of(path_, seed))) << path_ << ": " << response;
    }
    if (support::lower(message.head).find("\r\nconnection: close\r\n") != std::string::npos) connection_.reset();
  }

  Proxy& proxy_;
  Tally& tally_;
  std::size_t number_;
  Random random_;
  std::optional<Socket> connection_;
  unsigned asked_ = 0;
  std::string tag_;
  std::string path_;
  bool head_ = false;
  bool has_body_ = false;
};

/// All ask, then all take their replies: each thread has all its calls under way at once.
void play(std::vector<std::unique_ptr<SoakClient>>& all, unsigned count) {
  std::vector<std::thread> running;
  for (std::size_t thread = 0; thread < threads; ++thread) {
    running.emplace_back([&all, thread, count] {
      for (unsigned round = 0; round < count; ++round) {
        for (std::size_t index = thread; index < all.size(); index += threads) all[index]->ask();
        for (std::size_t index = thread; index < all.size(); index += threads) all[index]->take_reply();
      }
    });
  }
  for (auto& thread : running) thread.join();
}

void expect_one_record_each(std::vector<support::Record> const& records, std::size_t calls) {
  std::set<std::string> sources;
  for (auto const& record : records) {
    EXPECT_TRUE(sources.insert(support::text_of(record, "source")).second)
        << "two records of " << support::text_of(record, "source");
  }
  EXPECT_EQ(records.size(), calls);
}

TEST(Soak, nothing_is_mixed_up_lost_or_left_behind) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  auto const before = open_descriptors();
  {
    RoughUpstream upstream{seed, clients + 20};
    auto settings = support::to(upstream.port());
    settings.limits.connections = clients + 10;  // each finds a thread of the upstream free
    Proxy proxy{settings, 2};
    Tally tally;
    std::vector<std::unique_ptr<SoakClient>> all;
    for (std::size_t number = 0; number < clients; ++number) all.push_back(std::make_unique<SoakClient>(proxy, tally, number));
    play(all, rounds_of_warm_up);
    auto const warm = resident_bytes();
    auto const calls_when_warm = tally.calls.load();
    play(all, rounds - rounds_of_warm_up);
    auto const grown = static_cast<std::int64_t>(resident_bytes()) - static_cast<std::int64_t>(warm);
    if (!sanitized) {
      EXPECT_LT(grown, static_cast<std::int64_t>(slack_bytes + record_bytes * (tally.calls - calls_when_warm)));
    }
    all.clear();
    EXPECT_TRUE(support::eventually([&] { return proxy.clients() == 0; }));
    expect_one_record_each(proxy.stop(), tally.calls);
    EXPECT_GT(tally.whole.load(), tally.calls / 2);
    EXPECT_GT(tally.own.load(), 0U);
    EXPECT_GT(tally.broken.load(), 0U);
    RecordProperty("grown_bytes", std::to_string(grown));
    RecordProperty("calls", std::to_string(tally.calls));
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace ambassador::faults::soak_test
