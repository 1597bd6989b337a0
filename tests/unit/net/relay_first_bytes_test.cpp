#include "relaying.hpp"

namespace ambassador::net::relay_first_bytes_test {
namespace {

/// The client's bytes are judged by a word: they pass once they begin with "hello.", and "help" is refused at once.
class RelayThatLooksTest : public Relaying {
 protected:
  struct Asked {
    std::string bytes;
    bool ended;
  };

  Verdict judge(std::string_view bytes, bool ended) {
    asked.push_back({std::string{bytes}, ended});
    if (ended && at_last) return *at_last;
    if (bytes.substr(0, word.size()) == word) return Verdict::pass;
    return word.substr(0, bytes.size()) == bytes || bytes.front() == 'x' ? Verdict::need_more : Verdict::refuse;
  }

  RelayOptions looking() {
    RelayOptions options;
    options.first_bytes = [this](std::string_view bytes, bool ended) { return judge(bytes, ended); };
    options.head = 1000ms;
    return options;
  }

  void pass_time(Milliseconds time) {
    wheel.advance(std::chrono::steady_clock::now() + time);
    step();
  }

  /// The tunnel has ended so, and nothing has gone up.
  void expect_end(RelayEnd end, std::size_t from_client) {
    ASSERT_TRUE(result);
    EXPECT_EQ(result->end, end);
    EXPECT_EQ(result->from_client, from_client);
    EXPECT_TRUE(upstream.far.is_quiet(10ms)) << "went up: " << upstream.far.pending();
  }

  static constexpr std::string_view word = "hello.";
  std::vector<Asked> asked;
  std::optional<Verdict> at_last;  ///< what is said where `ended`
};

class RelayThatLooksAtTwoPiecesTest : public RelayThatLooksTest, public testing::WithParamInterface<std::size_t> {};

TEST_P(RelayThatLooksAtTwoPiecesTest, withholds_the_bytes_until_they_pass) {
  std::string const bytes = "hello. and more";
  auto const split = GetParam();
  start(looking());
  client.far.send(bytes.substr(0, split));
  step();
  if (split < word.size()) {
    EXPECT_TRUE(upstream.far.is_quiet(5ms));
  } else {
    EXPECT_EQ(upstream.far.receive_exactly(split, 100ms), bytes.substr(0, split));
  }
  client.far.send(bytes.substr(split));
  client.far.shutdown_send();
  step();
  EXPECT_EQ(upstream.far.receive_all(100ms), bytes.substr(split < word.size() ? 0 : split));
  EXPECT_LE(asked.size(), 2U) << "asked again though it had passed";
  EXPECT_FALSE(result);
}

INSTANTIATE_TEST_SUITE_P(AtEveryByte, RelayThatLooksAtTwoPiecesTest, testing::Range<std::size_t>(1, 15));

TEST_F(RelayThatLooksTest, refuses_and_nothing_has_gone_up) {
  start(looking());
  client.far.send("hel");
  step();
  EXPECT_FALSE(result);
  client.far.send("p me");
  step();
  expect_end(RelayEnd::refused, 7);
  EXPECT_FALSE(result->first_end);
}

TEST_F(RelayThatLooksTest, lets_the_server_speak_first) {
  start(looking());
  upstream.far.send("220 ready");
  step();
  EXPECT_EQ(client.far.receive_exactly(9, 100ms), "220 ready");
  EXPECT_TRUE(asked.empty()) << "the client has said nothing yet";
  client.far.send("hello.");
  step();
  EXPECT_EQ(upstream.far.receive_exactly(6, 100ms), "hello.");
}

TEST_F(RelayThatLooksTest, once_they_passed_there_is_no_time_for_them) {
  start(looking());
  client.far.send("hel");
  step();
  client.far.send("lo.");
  step();
  pass_time(5000ms);
  client.far.send(" later");
  step();
  EXPECT_FALSE(result);
  EXPECT_EQ(upstream.far.receive_exactly(12, 100ms), "hello. later");
}

TEST_F(RelayThatLooksTest, judges_bytes_that_were_read_before) {
  auto options = looking();
  options.first_up = "hello. early";
  start(std::move(options));
  EXPECT_EQ(upstream.far.receive_exactly(12, 100ms), "hello. early");
}

TEST_F(RelayThatLooksTest, refuses_bytes_that_were_read_before) {
  auto options = looking();
  options.first_up = "GET / HTTP/1.1";
  start(std::move(options));
  expect_end(RelayEnd::refused, 14);
}

TEST_F(RelayThatLooksTest, waits_for_the_rest_of_bytes_that_were_read_before) {
  auto options = looking();
  options.first_up = "hel";
  start(std::move(options));
  EXPECT_TRUE(upstream.far.is_quiet(10ms));
  client.far.send("lo.");
  step();
  EXPECT_EQ(upstream.far.receive_exactly(6, 100ms), "hello.");
}

TEST_F(RelayThatLooksTest, asks_once_for_each_piece) {
  start(looking());
  client.far.send("he");
  step();
  upstream.far.send("meanwhile");
  step();
  client.stream.cancel();  // a wait that ends for nothing
  step();
  client.far.send("llo.");
  step();
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_EQ(asked[0].bytes, "he");
  EXPECT_EQ(asked[1].bytes, "hello.");
  EXPECT_FALSE(asked[1].ended);
}

struct LastRow {
  char const* name;
  Verdict at_last;
  RelayEnd after_end;
  RelayEnd after_time;
};

constexpr LastRow last_rows[] = {
    {"passes", Verdict::pass, RelayEnd::closed, RelayEnd::closed},
    {"refuses", Verdict::refuse, RelayEnd::refused, RelayEnd::refused},
    {"cannot_decide", Verdict::need_more, RelayEnd::refused, RelayEnd::head_timeout},
};

class RelayThatLooksAtLastTest : public RelayThatLooksTest, public testing::WithParamInterface<LastRow> {
 protected:
  void expect(RelayEnd end) {
    ASSERT_FALSE(asked.empty());
    EXPECT_EQ(asked.back().bytes, "hel");
    EXPECT_TRUE(asked.back().ended);
    if (end != RelayEnd::closed) return expect_end(end, 3);
    EXPECT_FALSE(result);
    EXPECT_EQ(upstream.far.receive_exactly(3, 100ms), "hel");
  }
};

TEST_P(RelayThatLooksAtLastTest, at_what_a_client_had_sent_when_it_ended) {
  at_last = GetParam().at_last;
  start(looking());
  client.far.send("hel");
  client.far.shutdown_send();
  step();
  expect(GetParam().after_end);
  if (GetParam().after_end != RelayEnd::closed) return;
  EXPECT_EQ(upstream.far.receive_all(100ms), "");
  EXPECT_EQ(upstream.far.end(), End::closed) << "the end goes on too";
  upstream.far.send("answer");
  upstream.far.shutdown_send();
  step();
  EXPECT_EQ(client.far.receive_all(100ms), "answer");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, RelayEnd::closed);
  EXPECT_EQ(result->first_end, ambassador::Side::client);
}

TEST_P(RelayThatLooksAtLastTest, at_what_had_come_in_time) {
  at_last = GetParam().at_last;
  start(looking());
  client.far.send("hel");
  step();
  pass_time(900ms);
  EXPECT_FALSE(result);
  pass_time(1200ms);
  expect(GetParam().after_time);
  if (GetParam().after_time != RelayEnd::closed) return;
  pass_time(5000ms);
  EXPECT_FALSE(result) << "the time for the first bytes is over once they are judged";
}

INSTANTIATE_TEST_SUITE_P(Verdicts, RelayThatLooksAtLastTest, testing::ValuesIn(last_rows),
                         [](auto const& row) { return std::string{row.param.name}; });

TEST_F(RelayThatLooksTest, a_client_that_ends_without_a_byte_is_judged_too) {
  at_last = Verdict::refuse;
  start(looking());
  client.far.shutdown_send();
  step();
  expect_end(RelayEnd::refused, 0);
  EXPECT_EQ(result->first_end, ambassador::Side::client);
}

TEST_F(RelayThatLooksTest, the_time_for_the_rest_is_not_prolonged_by_bytes_either_way) {
  auto options = looking();
  options.idle = 5000ms;
  start(std::move(options));
  client.far.send("he");
  step();
  wheel.advance(std::chrono::steady_clock::now() + 900ms);
  upstream.far.send("meanwhile");
  client.far.send("l");
  step();
  pass_time(1100ms);
  expect_end(RelayEnd::head_timeout, 3);
}

TEST_F(RelayThatLooksTest, a_silent_client_has_the_idle_time) {
  auto options = looking();
  options.idle = 5000ms;
  start(std::move(options));
  pass_time(2000ms);
  EXPECT_FALSE(result);
  pass_time(5200ms);
  expect_end(RelayEnd::idle, 0);
}

TEST_F(RelayThatLooksTest, the_idle_time_may_be_shorter_than_that_for_the_rest) {
  auto options = looking();
  options.idle = 500ms;
  start(std::move(options));
  client.far.send("hel");
  step();
  pass_time(700ms);
  expect_end(RelayEnd::idle, 3);
}

TEST_F(RelayThatLooksTest, keeps_no_more_than_a_bound_and_then_must_decide) {
  start(looking());
  client.far.send(std::string(2 * max_first_bytes, 'x'));
  step();
  expect_end(RelayEnd::refused, max_first_bytes);
  EXPECT_EQ(asked.back().bytes.size(), max_first_bytes);
  EXPECT_TRUE(asked.back().ended);
}

TEST_F(RelayThatLooksTest, goes_on_from_the_bound_where_that_passes) {
  at_last = Verdict::pass;
  start(looking());
  auto const sent = std::string(2 * max_first_bytes, 'x');
  client.far.send(sent);
  step();
  EXPECT_EQ(upstream.far.receive_exactly(sent.size(), 100ms), sent);
}

TEST_F(RelayThatLooksTest, an_upstream_that_breaks_off_meanwhile_ends_it) {
  start(looking());
  client.far.send("hel");
  step();
  upstream.far.reset();
  step();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, RelayEnd::upstream_failed);
}

TEST_F(RelayThatLooksTest, a_client_that_breaks_off_meanwhile_ends_it) {
  start(looking());
  client.far.send("hel");
  step();
  client.far.reset();
  step();
  expect_end(RelayEnd::client_failed, 3);
}

}  // namespace
}  // namespace ambassador::net::relay_first_bytes_test
