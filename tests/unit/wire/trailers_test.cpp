// Trailers are fields that neither frame, nor route, nor authenticate (RFC 9110 section 6.5.1).
#include "wire/http1/head_parser.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ambassador::wire::http1::trailers_test {
namespace {

TEST(Trailers, are_fields_in_their_order) {
  http::FieldList fields;
  ASSERT_FALSE(parse_trailers("Checksum: abc\r\nX-Empty:\r\nchecksum: d \r\n\r\n", {}, fields));
  ASSERT_EQ(fields.size(), 3U);
  EXPECT_EQ(fields[0].name, "Checksum");
  EXPECT_EQ(fields[0].value, "abc");
  EXPECT_EQ(fields[2].value, "d");
}

TEST(Trailers, forget_the_fields_of_the_head) {
  http::FieldList fields(5);
  ASSERT_FALSE(parse_trailers("A: b\r\n\r\n", {}, fields));
  EXPECT_EQ(fields.size(), 1U);
}

TEST(Trailers, that_frame_route_or_authenticate_are_refused) {
  for (std::string const name : {"Content-Length",
                                 "Transfer-Encoding",
                                 "Host",
                                 "Connection",
                                 "Keep-Alive",
                                 "Proxy-Connection",
                                 "TE",
                                 "Trailer",
                                 "Upgrade",
                                 "Via",
                                 "Authorization",
                                 "Proxy-Authorization",
                                 "Proxy-Authenticate",
                                 "WWW-Authenticate",
                                 "Cookie",
                                 "Set-Cookie",
                                 "Cache-Control",
                                 "Content-Encoding",
                                 "Content-Type",
                                 "Content-Range",
                                 "Range",
                                 "Expect",
                                 "Max-Forwards",
                                 "Location",
                                 "content-LENGTH"}) {
    http::FieldList fields;
    auto const fault = parse_trailers(name + ": 1\r\n\r\n", {}, fields);
    ASSERT_TRUE(fault) << name;
    EXPECT_EQ(fault->code, Errc::bad_chunk) << name;
  }
}

TEST(Trailers, of_another_form_than_fields_are_refused) {
  for (auto const* lines :
       {"A : b\r\n\r\n", "A\r\n\r\n", ": b\r\n\r\n", "A(: b\r\n\r\n", "\xff: b\r\n\r\n", "A: b\r\n\r\nGET"}) {
    http::FieldList fields;
    EXPECT_TRUE(parse_trailers(lines, {}, fields)) << lines;
  }
}

TEST(Trailers, are_bounded_like_fields) {
  http::FieldList fields;
  EXPECT_FALSE(parse_trailers("A: b\r\nA: b\r\n\r\n", {.fields = 2}, fields));
  auto const fault = parse_trailers("A: b\r\nA: b\r\nA: b\r\n\r\n", {.fields = 2}, fields);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->code, Errc::too_many_fields);
}

}  // namespace
}  // namespace ambassador::wire::http1::trailers_test
