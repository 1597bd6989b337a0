#include "relaying.hpp"

#include <fcntl.h>

namespace ambassador::net::relay_splice_test {
namespace {

/// The same promises as where bytes are copied, for streams that are long enough to be spliced.
class RelayInBulkTest : public Relaying {
 protected:
  /// More than the sockets' buffers and a pipe hold.
  static constexpr std::size_t a_lot = 30'000'000;

  /// Sends from a thread of its own, as a peer does, and then ends.
  static std::thread sending(Side& from, std::size_t size) {
    return std::thread{[&from, size] {
      for (std::size_t at = 0; at < size; at += 1'000'000) {
        if (!from.far.send(noise(at, std::min<std::size_t>(1'000'000, size - at)))) return;
      }
      from.far.shutdown_send();
    }};
  }

  /// Receives until the end, and looks whether each byte is the one that belongs there.
  static std::thread receiving(Side& to, std::size_t& good) {
    return std::thread{[&to, &good] {
      while (to.far.end() == End::open) {
        to.far.receive_until([](std::string_view bytes) { return bytes.size() >= 500'000; });
        if (to.far.pending() != noise(good, to.far.pending().size())) return;
        good += to.far.pending().size();
        to.far.forget();
      }
    }};
  }

  /// Until the relay ends. If it does not end in time, the peers are cut off, so that it ends, and their threads too. Under a
  /// sanitizer and beside other tests a hundred megabytes each way take long.
  void run() {
    auto const ended = [this] { return result.has_value(); };
    if (step_until(ended, 60s)) return;
    ADD_FAILURE() << "the relay goes on";
    client.far.shutdown_both();
    upstream.far.shutdown_both();
    step_until(ended);
  }

  /// Reads what the relay has not read, to the end.
  std::size_t left_unread(Side& from) {
    std::size_t left = 0;
    step_until([&] {
      auto const io = from.stream.read_some(scratch.data(), scratch.size());
      left += io.bytes;
      return io.code && !io.blocked();
    });
    return left;
  }

  /// Until the upstream's and the client's kernel and our pipe are full.
  std::string stuff() {
    start();
    auto sent = fill(client);
    EXPECT_EQ(pipes().lent(), 1U) << "not spliced";
    return sent;
  }
};

TEST_F(RelayInBulkTest, a_hundred_megabytes_each_way_arrive_as_they_were_sent) {
  constexpr std::size_t size = 100'000'000;
  std::size_t up = 0;
  std::size_t down = 0;
  start();
  auto up_from = sending(client, size);
  auto down_from = sending(upstream, size);
  auto up_to = receiving(upstream, up);
  auto down_to = receiving(client, down);
  run();
  for (auto* thread : {&up_from, &down_from, &up_to, &down_to}) thread->join();
  EXPECT_EQ(up, size);
  EXPECT_EQ(down, size);
  EXPECT_EQ(result->end, RelayEnd::closed);
  EXPECT_EQ(result->from_client, size);
  EXPECT_EQ(result->from_upstream, size);
  EXPECT_GE(pipes().idle(), 1U) << "not spliced";
  EXPECT_EQ(pipes().lent(), 0U);
}

TEST_F(RelayInBulkTest, a_slow_reader_holds_up_the_other_and_nothing_is_lost) {
  auto const sent = stuff();
  EXPECT_LT(sent.size(), a_lot) << "nothing holds it up";
  client.far.shutdown_send();
  EXPECT_TRUE(drain(upstream, sent.size()) == sent);
  EXPECT_EQ(pipes().lent(), 0U) << "no bytes are in flight";
  EXPECT_EQ(pipes().idle(), 1U);
  upstream.far.shutdown_send();
  run();
  EXPECT_EQ(result->end, RelayEnd::closed);
  EXPECT_EQ(result->first_end, ambassador::Side::client);
  EXPECT_EQ(result->from_client, sent.size());
}

TEST_F(RelayInBulkTest, the_other_way_is_open_while_one_is_stuck) {
  auto const sent = stuff();
  upstream.far.send("still here");
  step();
  EXPECT_EQ(client.far.receive_exactly(10, 1s), "still here");
  EXPECT_TRUE(drain(upstream, sent.size()) == sent);
}

TEST_F(RelayInBulkTest, the_upstream_s_end_does_not_stop_the_client_s_bytes) {
  start();
  upstream.far.shutdown_send();
  step();
  auto const sent = fill(client);
  EXPECT_EQ(pipes().lent(), 1U) << "not spliced";
  EXPECT_TRUE(drain(upstream, sent.size()) == sent);
  client.far.shutdown_send();
  run();
  EXPECT_EQ(result->end, RelayEnd::closed);
  EXPECT_EQ(result->first_end, ambassador::Side::upstream);
}

TEST_F(RelayInBulkTest, an_upstream_that_is_reset_with_bytes_in_flight_is_named) {
  auto const sent = stuff();
  client.far.shutdown_send();
  upstream.far.reset();
  run();
  EXPECT_EQ(result->end, RelayEnd::upstream_failed);
  EXPECT_EQ(result->first_end, ambassador::Side::upstream);
  EXPECT_EQ(result->from_client + left_unread(client), sent.size()) << "what was read counts, though it could not be sent on";
  EXPECT_EQ(pipes().lent(), 0U);
  EXPECT_EQ(pipes().idle(), 0U) << "a pipe with bytes in it was kept";
}

TEST_F(RelayInBulkTest, a_client_that_is_reset_with_bytes_in_flight_is_named) {
  auto const sent = stuff();
  client.far.reset();
  drain(upstream, sent.size());
  run();
  EXPECT_EQ(result->end, RelayEnd::client_failed);
  EXPECT_EQ(result->first_end, ambassador::Side::client);
  EXPECT_EQ(pipes().lent(), 0U);
}

TEST_F(RelayInBulkTest, a_pipe_that_does_not_drain_ends_with_the_idle_time) {
  start(1000ms);
  fill(client);
  EXPECT_EQ(pipes().lent(), 1U) << "not spliced";
  EXPECT_FALSE(result);
  wheel.advance(std::chrono::steady_clock::now() + 1200ms);
  step();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, RelayEnd::idle);
  EXPECT_EQ(pipes().lent(), 0U);
  EXPECT_EQ(pipes().idle(), 0U);
}

TEST_F(RelayInBulkTest, bytes_that_leave_a_pipe_are_no_idle_time) {
  start(1000ms);
  std::string sent;
  while (pipes().lent() == 0 && sent.size() < a_lot) {  // so that what is not in the upstream's kernel is in the pipe
    sent += noise(sent.size(), client.far.send_now(noise(sent.size(), 100'000)));
    step();
  }
  std::this_thread::sleep_for(200ms);
  auto const later = std::chrono::steady_clock::now();
  EXPECT_TRUE(drain(upstream, sent.size()) == sent);
  wheel.advance(later + 900ms);
  step();
  EXPECT_FALSE(result);
}

TEST_F(RelayInBulkTest, where_no_descriptor_is_left_bytes_are_copied) {
  start();
  std::string sent;
  {
    NoDescriptors const none;
    sent = fill(client);
    EXPECT_EQ(pipes().lent(), 0U);
  }
  EXPECT_TRUE(drain(upstream, sent.size()) == sent);
}

TEST_F(RelayInBulkTest, where_all_pipes_are_lent_bytes_are_copied) {
  std::vector<SplicePipes::Lease> lent;
  while (auto lease = pipes().take()) lent.push_back(std::move(*lease));
  ASSERT_EQ(lent.size(), max_pipes);
  start();
  auto const sent = fill(client);
  EXPECT_TRUE(drain(upstream, sent.size()) == sent);
}

TEST_F(RelayInBulkTest, a_caller_that_forbids_it_has_bytes_copied) {
  RelayOptions options;
  options.may_splice = false;
  start(std::move(options));
  auto const sent = fill(client);
  EXPECT_TRUE(drain(upstream, sent.size()) == sent);
  EXPECT_EQ(pipes().idle(), 0U);
}

TEST_F(RelayInBulkTest, small_messages_are_copied_however_many) {
  start();
  for (std::size_t at = 0; at < 4 * bulk_bytes; at += 1000) {
    client.far.send(noise(at, 1000));
    ASSERT_TRUE(drain(upstream, 1000) == noise(at, 1000));
  }
  EXPECT_EQ(pipes().idle(), 0U);
}

TEST_F(RelayInBulkTest, where_the_kernel_does_not_splice_from_a_socket_bytes_are_copied) {
  auto broken = pipes().take();
  ASSERT_TRUE(broken);
  int const no_pipe = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(no_pipe, (*broken)->write_end());
  ::close(no_pipe);
  broken.reset();
  ASSERT_EQ(pipes().idle(), 1U);
  start();
  auto const sent = fill(client);
  EXPECT_EQ(pipes().lent(), 0U);
  EXPECT_TRUE(drain(upstream, sent.size()) == sent);
}

TEST_F(RelayInBulkTest, where_the_kernel_does_not_splice_into_a_socket_what_is_in_the_pipe_is_copied) {
  // No splice goes where O_APPEND is set; for a socket it means nothing else.
  ::fcntl(upstream.stream.descriptor(), F_SETFL, O_NONBLOCK | O_APPEND);
  auto const sent = stuff();
  EXPECT_TRUE(drain(upstream, sent.size()) == sent);
}

TEST_F(RelayInBulkTest, urgent_data_is_not_taken_for_an_end) {
  start();
  auto const before = noise(0, 1'000'000);
  auto const after = noise(before.size(), 1'000'000);
  std::string got;
  auto const pass = [&](std::string_view bytes, std::size_t until) {
    while (got.size() < until) {
      bytes.remove_prefix(client.far.send_now(bytes));
      got += drain(upstream, 1);
    }
  };
  pass(before, before.size());
  ASSERT_EQ(pipes().idle(), 1U) << "not spliced";
  int const urgently = client.far.share();
  EXPECT_EQ(::send(urgently, "!", 1, MSG_OOB), 1);
  ::close(urgently);
  step();
  pass(after, before.size() + after.size());
  EXPECT_FALSE(result);
  EXPECT_TRUE(got == before + after);
}

}  // namespace
}  // namespace ambassador::net::relay_splice_test
