// Heads and chunks as bytes, and what the reader makes of them again.
#include "wire/http1/writer.hpp"
#include "unit/wire/outcome.hpp"
#include "wire/http1/body_decoder.hpp"

#include <gtest/gtest.h>

namespace ambassador::wire::http1::writer_test {
namespace {

TEST(Writer, writes_lines_with_crlf) {
  std::string out;
  append_request_line(out, "GET", "/a?b");
  append_field(out, "Host", "h");
  append_field(out, "Content-Length", std::uint64_t{18446744073709551615U});
  append_end_of_head(out);
  EXPECT_EQ(out, "GET /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551615\r\n\r\n");
}

TEST(Writer, keeps_the_blank_before_an_empty_reason) {
  std::string out;
  append_status_line(out, 204, "");
  append_status_line(out, 404, "Not Found");
  EXPECT_EQ(out, "HTTP/1.1 204 \r\nHTTP/1.1 404 Not Found\r\n");
}

TEST(Writer, says_the_framing_in_one_field_or_none) {
  auto const written = [](http::Framing framing) {
    std::string out;
    append_framing(out, framing);
    return out;
  };
  EXPECT_EQ(written({http::BodyKind::none, 0}), "");
  EXPECT_EQ(written({http::BodyKind::until_close, 0}), "");
  EXPECT_EQ(written({http::BodyKind::sized, 0}), "Content-Length: 0\r\n");
  EXPECT_EQ(written({http::BodyKind::sized, 42}), "Content-Length: 42\r\n");
  EXPECT_EQ(written({http::BodyKind::chunked, 0}), "Transfer-Encoding: chunked\r\n");
}

TEST(Writer, writes_chunks_that_the_decoder_takes_apart_again) {
  http::Field const trailers[] = {{http::FieldId::unknown, "Checksum", "abc"}};
  std::string out;
  std::string payload;
  for (std::size_t const size : {1U, 15U, 16U, 4096U, 65535U}) {
    append_chunk_size(out, size);
    out.append(size, 'x').append(chunk_end);
    payload.append(size, 'x');
  }
  append_last_chunk(out, trailers);
  EXPECT_TRUE(out.starts_with("1\r\nx\r\nf\r\n"));
  BodyDecoder decoder{{http::BodyKind::chunked, 0}};
  auto const size = out.size();
  auto const step = decoder.decode(out.data(), size);
  EXPECT_TRUE(decoder.done());
  EXPECT_EQ(step.consumed, size);
  EXPECT_EQ(out.substr(0, step.payload), payload);
  EXPECT_EQ(decoder.trailers(), "Checksum: abc\r\n\r\n");
}

TEST(Writer, ends_a_body_without_trailers_in_five_bytes) {
  std::string out;
  append_last_chunk(out, {});
  EXPECT_EQ(out, "0\r\n\r\n");
}

}  // namespace
}  // namespace ambassador::wire::http1::writer_test
