// Who waits for a descriptor is called when it is ready, once, and never after it was removed.
#include "net/edge_set.hpp"

#include "net/stream.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

namespace ambassador::net::edge_set_test {
namespace {

using boost::system::error_code;

/// Two sockets; bytes written to `far` can be read from `near`.
struct Pair {
  Pair() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    near = ends[0];
    far = ends[1];
  }
  ~Pair() {
    ::close(near);
    ::close(far);
  }
  Pair(Pair const&) = delete;
  Pair& operator=(Pair const&) = delete;

  void write() const { EXPECT_EQ(::send(far, "x", 1, MSG_NOSIGNAL), 1); }

  int near = -1;
  int far = -1;
};

class EdgeSetTest : public testing::Test {
 protected:
  void step() {
    context.restart();
    context.poll();
  }
  auto note(int who) {
    return [this, who](error_code code) { (code ? aborted : called).push_back(who); };
  }

  boost::asio::io_context context{1};
  EdgeSet& edges{EdgeSet::of(context.get_executor())};
  std::vector<int> called;
  std::vector<int> aborted;
};

TEST_F(EdgeSetTest, calls_who_waits_once) {
  Pair pair;
  Readiness readiness{edges};
  ASSERT_TRUE(readiness.add(pair.near));
  readiness.wait_readable(note(1));
  step();
  EXPECT_TRUE(called.empty());
  pair.write();
  step();
  pair.write();
  step();
  EXPECT_EQ(called, std::vector{1});
}

TEST_F(EdgeSetTest, knows_what_came_before_the_wait) {
  Pair pair;
  pair.write();
  Readiness readiness{edges};
  ASSERT_TRUE(readiness.add(pair.near));
  step();
  EXPECT_TRUE(readiness.readable());
  readiness.wait_readable(note(1));
  EXPECT_TRUE(called.empty()) << "not before the caller has returned";
  step();
  EXPECT_EQ(called, std::vector{1});
}

TEST_F(EdgeSetTest, believes_who_has_read_all) {
  Pair pair;
  Readiness readiness{edges};
  ASSERT_TRUE(readiness.add(pair.near));
  pair.write();
  step();
  readiness.has_been_read();
  readiness.wait_readable(note(1));
  step();
  EXPECT_TRUE(called.empty());
  pair.write();
  step();
  EXPECT_EQ(called, std::vector{1});
}

TEST_F(EdgeSetTest, an_end_stays_one) {
  Pair pair;
  Readiness readiness{edges};
  ASSERT_TRUE(readiness.add(pair.near));
  ::shutdown(pair.far, SHUT_WR);
  step();
  readiness.has_been_read();
  EXPECT_TRUE(readiness.readable());
}

TEST_F(EdgeSetTest, tells_reading_from_writing) {
  Pair pair;
  Readiness readiness{edges};
  ASSERT_TRUE(readiness.add(pair.near));
  readiness.wait_readable(note(1));
  readiness.wait_writable(note(2));
  step();
  EXPECT_EQ(called, std::vector{2});
  pair.write();
  step();
  EXPECT_EQ(called, (std::vector{2, 1}));
}

TEST_F(EdgeSetTest, a_cancelled_wait_ends_later_and_with_an_error) {
  Pair pair;
  Readiness readiness{edges};
  ASSERT_TRUE(readiness.add(pair.near));
  readiness.wait_readable(note(1));
  readiness.cancel();
  EXPECT_TRUE(aborted.empty()) << "not within the caller";
  step();
  EXPECT_EQ(aborted, std::vector{1});
  readiness.wait_readable(note(2));
  pair.write();
  step();
  EXPECT_EQ(called, std::vector{2});
}

TEST_F(EdgeSetTest, a_removed_one_ends_its_waits) {
  Pair pair;
  auto readiness = std::make_unique<Readiness>(edges);
  ASSERT_TRUE(readiness->add(pair.near));
  readiness->wait_readable(note(1));
  readiness.reset();
  pair.write();
  step();
  EXPECT_EQ(aborted, std::vector{1});
  EXPECT_TRUE(called.empty());
}

// Both events are taken in one batch: the second one's owner is gone when its turn comes.
TEST_F(EdgeSetTest, whoever_is_called_may_remove_any_other) {
  Pair first_pair;
  Pair second_pair;
  struct {
    std::unique_ptr<Readiness> first;
    std::unique_ptr<Readiness> second;
    int calls = 0;
  } both{std::make_unique<Readiness>(edges), std::make_unique<Readiness>(edges)};
  ASSERT_TRUE(both.first->add(first_pair.near));
  ASSERT_TRUE(both.second->add(second_pair.near));
  auto const remove_both = [&both](error_code code) {
    if (code) return;
    ++both.calls;
    both.first.reset();
    both.second.reset();
  };
  both.first->wait_readable(remove_both);
  both.second->wait_readable(remove_both);
  first_pair.write();
  second_pair.write();
  step();
  EXPECT_EQ(both.calls, 1);
}

TEST_F(EdgeSetTest, who_waits_for_both_may_remove_itself_between) {
  Pair pair;
  auto readiness = std::make_unique<Readiness>(edges);
  pair.write();
  ASSERT_TRUE(readiness->add(pair.near));
  readiness->wait_readable([&](error_code) { readiness.reset(); });
  readiness->wait_writable(note(2));
  step();
  EXPECT_FALSE(readiness);
  EXPECT_EQ(aborted, std::vector{2});
}

TEST_F(EdgeSetTest, takes_more_than_a_batch) {
  constexpr std::size_t count = 3 * EdgeSet::batch_size + 1;
  std::vector<std::unique_ptr<Pair>> pairs;
  std::vector<std::unique_ptr<Readiness>> all;
  for (std::size_t i = 0; i < count; ++i) {
    auto const& pair = *pairs.emplace_back(std::make_unique<Pair>());
    auto& readiness = *all.emplace_back(std::make_unique<Readiness>(edges));
    ASSERT_TRUE(readiness.add(pair.near));
    readiness.wait_readable(note(static_cast<int>(i)));
    pair.write();
  }
  step();
  EXPECT_EQ(called.size(), count);
}

TEST_F(EdgeSetTest, what_cannot_be_watched_counts_as_broken) {
  Readiness readiness{edges};
  EXPECT_FALSE(readiness.add(-1));
  readiness.wait_readable(note(1));
  step();
  EXPECT_EQ(called, std::vector{1});
}

Task<void> wait_for_ever(std::unique_ptr<Stream> stream) { co_await stream->readable(); }

// A coroutine that owns the stream it waits for is owned by that wait: nobody but the context can end both.
TEST(EdgeSetAtItsEnd, a_coroutine_that_owns_its_stream_goes_with_the_context) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
  {
    TimerWheel wheel{std::chrono::steady_clock::now()};
    boost::asio::io_context context{1};
    auto stream = std::make_unique<Stream>(context.get_executor(), wheel, ends[0]);
    boost::asio::co_spawn(context, wait_for_ever(std::move(stream)), boost::asio::detached);
    context.poll();
  }
  char byte = 0;
  EXPECT_EQ(::recv(ends[1], &byte, 1, MSG_DONTWAIT), 0) << "its descriptor is still open";
  ::close(ends[1]);
}

}  // namespace
}  // namespace ambassador::net::edge_set_test
