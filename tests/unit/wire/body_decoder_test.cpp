// Where a body ends and what is its payload, however it is cut on the way (RFC 9112 sections 6 and 7).
#include "wire/http1/body_decoder.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <vector>

namespace ambassador::wire::http1::body_decoder_test {
namespace {

using http::BodyKind;
using http::Framing;

/// What came of a body: payload, trailer lines, what was left for the next message, and how it ended.
struct Outcome {
  std::string payload;
  std::string trailers;
  std::string left;
  std::string end;

  bool operator==(Outcome const&) const = default;
  friend std::ostream& operator<<(std::ostream& out, Outcome const& o) {
    return out << testing::PrintToString(std::vector{o.payload, o.trailers, o.left, o.end});
  }
};

/// Feeds `bytes` in pieces that end at `cuts` and at the end.
Outcome decoded(Framing framing, std::string_view bytes, std::vector<std::size_t> cuts) {
  BodyDecoder decoder{framing};
  Outcome outcome;
  cuts.push_back(bytes.size());
  std::size_t begin = 0;
  for (auto const end : cuts) {
    std::string piece{bytes.substr(begin, end - begin)};
    auto const step = decoder.decode(piece.data(), piece.size());
    outcome.payload += piece.substr(0, step.payload);
    begin += step.consumed;
    if (decoder.done() || decoder.fault()) break;
    EXPECT_EQ(begin, end) << "all that was given is taken";
  }
  outcome.trailers = decoder.trailers();
  outcome.end = decoder.fault() ? decoder.fault()->why : decoder.done() ? "done" : "more";
  if (decoder.done()) outcome.left = bytes.substr(begin);
  if (decoder.fault()) outcome.payload.clear();  // how much came before a fault is not promised
  if (decoder.fault()) outcome.trailers.clear();
  return outcome;
}

struct Row {
  std::string_view bytes;
  std::string_view payload;
  std::string_view trailers;
  std::string_view left;
  std::string_view end = "done";

  [[nodiscard]] Outcome outcome() const {
    return {std::string{payload}, std::string{trailers}, std::string{left}, std::string{end}};
  }
  friend std::ostream& operator<<(std::ostream& out, Row const& row) { return out << testing::PrintToString(row.bytes); }
};

constexpr Framing chunked{BodyKind::chunked, 0};

class Chunked : public testing::TestWithParam<Row> {};

TEST_P(Chunked, comes_to_this) { EXPECT_EQ(decoded(chunked, GetParam().bytes, {}), GetParam().outcome()); }

TEST_P(Chunked, is_the_same_byte_by_byte) {
  std::vector<std::size_t> cuts;
  for (std::size_t cut = 1; cut < GetParam().bytes.size(); ++cut) cuts.push_back(cut);
  EXPECT_EQ(decoded(chunked, GetParam().bytes, cuts), GetParam().outcome());
}

TEST_P(Chunked, is_the_same_cut_anywhere_in_two_or_three) {
  auto const size = GetParam().bytes.size();
  for (std::size_t first = 0; first <= size; ++first) {
    for (std::size_t second = first; second <= size; ++second) {
      ASSERT_EQ(decoded(chunked, GetParam().bytes, {first, second}), GetParam().outcome()) << first << ' ' << second;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Whole, Chunked,
                         testing::Values(Row{"0\r\n\r\n", "", "", ""}, Row{"5\r\nhello\r\n0\r\n\r\n", "hello", "", ""},
                                         Row{"3\r\nabc\r\nA\r\n0123456789\r\n1\r\nz\r\n0\r\n\r\n", "abc0123456789z", "", ""},
                                         Row{"a\r\n0123456789\r\n0\r\n\r\n", "0123456789", "", ""},
                                         Row{"00003\r\nabc\r\n000\r\n\r\n", "abc", "", ""},
                                         Row{"2\r\n\r\n\r\n0\r\n\r\n", "\r\n", "", ""},
                                         Row{"5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n", "", ""},
                                         Row{"1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "a", "", "GET / HTTP/1.1\r\n"},
                                         Row{"0\r\n\r\n\r\n", "", "", "\r\n"}));

INSTANTIATE_TEST_SUITE_P(Trailers, Chunked,
                         testing::Values(Row{"0\r\nA: b\r\n\r\n", "", "A: b\r\n\r\n", ""},
                                         Row{"1\r\nx\r\n0\r\nA: b\r\nC:\td\xff\r\n\r\nnext", "x", "A: b\r\nC:\td\xff\r\n\r\n",
                                             "next"}));

INSTANTIATE_TEST_SUITE_P(ExtensionsAreDropped, Chunked,
                         testing::Values(Row{"1;a\r\nx\r\n0;b=c\r\n\r\n", "x", "", ""},
                                         Row{"1;\r\nx\r\n0\r\n\r\n", "x", "", ""},
                                         Row{"1;a=\"b;c\" ;\td=\xff\r\nx\r\n0\r\n\r\n", "x", "", ""}));

INSTANTIATE_TEST_SUITE_P(Unfinished, Chunked,
                         testing::Values(Row{"", "", "", "", "more"}, Row{"5", "", "", "", "more"},
                                         Row{"5;x", "", "", "", "more"}, Row{"5\r\nhel", "hel", "", "", "more"},
                                         Row{"1\r\na\r", "a", "", "", "more"}, Row{"1\r\na\r\n0\r\n", "a", "", "", "more"},
                                         Row{"0\r\n\r", "", "\r", "", "more"},
                                         Row{"0\r\nA: b\r\n", "", "A: b\r\n", "", "more"}));

Row refused(std::string_view bytes, std::string_view why) { return {bytes, "", "", "", why}; }

constexpr std::string_view bad_size = "a chunk size is not a plain hex number";
constexpr std::string_view size_end = "a chunk size does not end in CRLF";
constexpr std::string_view chunk_crlf = "a chunk does not end in CRLF";
constexpr std::string_view extension = "a control byte in a chunk extension";
constexpr std::string_view trailer_end = "a line of the trailer does not end in CRLF";

INSTANTIATE_TEST_SUITE_P(BadSizes, Chunked,
                         testing::Values(refused("\r\n", bad_size), refused("x\r\n", bad_size), refused("-1\r\n", bad_size),
                                         refused("+1\r\n", bad_size), refused(" 1\r\n", bad_size), refused("1 \r\n", bad_size),
                                         refused("1\t;a\r\n", bad_size), refused("0x1\r\n", bad_size),
                                         refused("1_0\r\n", bad_size), refused("1,\r\n", bad_size), refused(";a\r\n", bad_size),
                                         refused("1\n", bad_size), refused({"1\0\r\n", 4}, bad_size),
                                         refused("1\r\na\r\n\r\n", bad_size)));

INSTANTIATE_TEST_SUITE_P(BadLineEnds, Chunked,
                         testing::Values(refused("1\rx", size_end), refused("1\r\r\n", size_end),
                                         refused("1\r\nab\r\n", chunk_crlf), refused("1\r\na\n0\r\n\r\n", chunk_crlf),
                                         refused("1\r\na0\r\n\r\n", chunk_crlf), refused("1\r\na\rx", chunk_crlf),
                                         refused("2\r\na\r\n0\r\n\r\n", chunk_crlf)));

INSTANTIATE_TEST_SUITE_P(BadExtensions, Chunked,
                         testing::Values(refused("1;a\nb\r\nx\r\n", extension), refused({"1;\0\r\n", 5}, extension),
                                         refused("1;a\x7f\r\n", extension), refused("1;a\rb\r\n", size_end)));

INSTANTIATE_TEST_SUITE_P(BadTrailers, Chunked,
                         testing::Values(refused("0\r\n\n", trailer_end), refused("0\r\nA: b\n\r\n", trailer_end),
                                         refused("0\r\nA: b\rc\r\n\r\n", trailer_end), refused("0\r\n\r\r\n", trailer_end),
                                         refused({"0\r\nA: \0\r\n\r\n", 12}, "a control byte in the trailer"),
                                         refused("0\r\n A: b\r\n\r\n", "a line of the trailer begins with a blank"),
                                         refused("0\r\nA: b\r\n\tc\r\n\r\n", "a line of the trailer begins with a blank")));

TEST(ChunkSize, is_refused_before_it_overflows) {
  EXPECT_EQ(decoded(chunked, "fffffffffffffff\r\n", {}).end, "more");
  for (auto const* size : {"ffffffffffffffff\r\n", "10000000000000005\r\n", "000000000000000000005\r\n"}) {
    EXPECT_EQ(decoded(chunked, size, {}).end, "a chunk size is too large") << size;
  }
}

TEST(ChunkExtensions, are_bounded_over_all_chunks_of_a_body) {
  auto const chunk = "1;" + std::string(max_chunk_extension_bytes / 4, 'x') + "\r\na\r\n";
  std::string const end = "0\r\n\r\n";
  EXPECT_EQ(decoded(chunked, chunk + chunk + chunk + chunk + end, {}).end, "done");
  EXPECT_EQ(decoded(chunked, chunk + chunk + chunk + chunk + "0;x\r\n\r\n", {}).end, "chunk extensions are too long");
}

TEST(TrailerSection, is_bounded_to_the_byte) {
  auto const section = [](std::size_t size) { return "0\r\nA: " + std::string(size - 7, 'x') + "\r\n\r\n"; };
  EXPECT_EQ(decoded(chunked, section(max_trailer_bytes), {}).end, "done");
  EXPECT_EQ(decoded(chunked, section(max_trailer_bytes + 1), {}).end, "the trailer is too large");
}

TEST(BodyDecoder, ends_a_sized_body_at_its_last_byte_however_it_is_cut) {
  for (std::size_t cut = 0; cut <= 8; ++cut) {
    EXPECT_EQ(decoded({BodyKind::sized, 5}, "helloGET", {cut}), (Outcome{"hello", "", "GET", "done"})) << cut;
  }
  EXPECT_EQ(decoded({BodyKind::sized, 5}, "hell", {}), (Outcome{"hell", "", "", "more"}));
}

TEST(BodyDecoder, has_nothing_to_wait_for_where_there_is_no_body) {
  EXPECT_EQ(decoded({BodyKind::none, 0}, "GET", {}), (Outcome{"", "", "GET", "done"}));
  EXPECT_EQ(decoded({BodyKind::sized, 0}, "GET", {}), (Outcome{"", "", "GET", "done"}));
  EXPECT_TRUE(BodyDecoder{}.done());
}

TEST(BodyDecoder, takes_everything_until_the_close) {
  EXPECT_EQ(decoded({BodyKind::until_close, 0}, "0\r\n\r\n", {}), (Outcome{"0\r\n\r\n", "", "", "more"}));
}

TEST(EndOfStream, completes_only_a_body_that_ends_with_the_connection) {
  for (auto const framing : {Framing{BodyKind::sized, 5}, chunked}) {
    BodyDecoder decoder{framing};
    EXPECT_FALSE(decoder.end_of_stream());
    EXPECT_FALSE(decoder.done());
  }
  BodyDecoder decoder{{BodyKind::until_close, 0}};
  EXPECT_TRUE(decoder.end_of_stream());
  EXPECT_TRUE(decoder.done());
}

TEST(BodyDecoder, stays_faulty_whatever_comes) {
  BodyDecoder decoder{chunked};
  std::string bad = "x";
  decoder.decode(bad.data(), bad.size());
  ASSERT_TRUE(decoder.fault());
  EXPECT_EQ(decoder.fault()->code, Errc::bad_chunk);
  std::string good = "0\r\n\r\n";
  auto const step = decoder.decode(good.data(), good.size());
  EXPECT_EQ(step.consumed, 0U);
  EXPECT_FALSE(decoder.done());
}

TEST(BodyDecoder, begins_anew_for_the_next_body) {
  BodyDecoder decoder{chunked};
  std::string half = "5;" + std::string(4000, 'x') + "\r\nhe";
  decoder.decode(half.data(), half.size());
  decoder.reset(chunked);
  std::string bytes = "2;" + std::string(4000, 'x') + "\r\nok\r\n0\r\nA: b\r\n\r\n";
  auto const step = decoder.decode(bytes.data(), bytes.size());
  EXPECT_EQ(bytes.substr(0, step.payload), "ok");
  EXPECT_TRUE(decoder.done());
  EXPECT_EQ(decoder.trailers(), "A: b\r\n\r\n");
  decoder.reset({BodyKind::sized, 1});
  EXPECT_EQ(decoder.trailers(), "");
}

}  // namespace
}  // namespace ambassador::wire::http1::body_decoder_test
