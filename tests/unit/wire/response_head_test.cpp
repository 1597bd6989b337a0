// What a response's head says, and which one is in doubt: that is a 502 (RFC 9112 sections 4 and 6.3).
#include "unit/wire/outcome.hpp"

#include <gtest/gtest.h>

namespace ambassador::wire::http1::response_head_test {
namespace {

using http::Method;

std::string why(std::string const& bytes) { return ReadResponse{bytes}.why(); }

std::string framing(std::string const& status, std::string const& fields, Method method = Method::get) {
  auto const bytes = "HTTP/1.1 " + status + "\r\n" + fields + "\r\n";
  ReadResponse const read{bytes, method};
  return read.fault ? std::string{read.fault->why} : to_text(read.head.body);
}

TEST(ResponseHead, gives_its_parts) {
  std::string const bytes =
      "HTTP/1.0 404 Not  Found\t\xff\r\nDate: today\r\nKeep-Alive: max=3, Timeout=7\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n";
  ReadResponse const read{bytes};
  ASSERT_EQ(read.why(), "");
  EXPECT_EQ(read.head.status, 404U);
  EXPECT_EQ(read.head.reason, "Not  Found\t\xff");
  EXPECT_EQ(read.head.minor_version, 0U);
  EXPECT_TRUE(read.head.has_date);
  EXPECT_EQ(read.head.keep_alive_timeout, 7U);
  ASSERT_EQ(read.head.fields.size(), 4U);
  EXPECT_EQ(read.head.fields[3].value, "b");
}

TEST(StatusLine, may_have_an_empty_reason) {
  std::string const bytes = "HTTP/1.1 200 \r\nX: y\r\n\r\n";
  ReadResponse const read{bytes};
  ASSERT_EQ(read.why(), "");
  EXPECT_EQ(read.head.reason, "");
}

TEST(StatusLine, may_end_behind_the_status) {
  std::string const bytes = "HTTP/1.1 204\r\nX: y\r\nDate: today\r\n\r\n";
  ReadResponse const read{bytes};
  ASSERT_EQ(read.why(), "");
  EXPECT_EQ(read.head.status, 204U);
  EXPECT_EQ(read.head.reason, "");
  ASSERT_EQ(read.head.fields.size(), 2U);
  EXPECT_EQ(read.head.fields[0].name, "X");
  EXPECT_TRUE(read.head.has_date);
  EXPECT_EQ(why("HTTP/1.1 200\r\n\r\n"), "");
}

TEST(StatusLine, of_any_other_form_is_refused) {
  for (std::string const line :
       {"HTTP/1.1",         "HTTP/1.1 ",        "HTTP/1.1 20",      "HTTP/1.1 20 OK",   "HTTP/1.1 2000",
        "HTTP/1.1 2000 OK", "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK", "HTTP/1.1 200OK",
        "HTTP/1.1 2x0 OK",  "HTTP/1.1 +20 OK",  "HTTP/1.1 -20 OK",  "HTTP/2.0 200 OK",  "HTTP/1.2 200 OK",
        "HTTP/0.9 200 OK",  "http/1.1 200 OK",  "HTTP/1 200 OK",    "HTTP/11 200 OK",   "ICY 200 OK",
        "200 OK",           "HTTP/1.1x200\r\n", "XXXX/1.1 200",     "<html>",           "SSH-2.0-OpenSSH"}) {
    ReadResponse const read{line + "\r\nContent-Length: 0\r\n\r\n"};
    ASSERT_TRUE(read.fault) << line;
    EXPECT_EQ(read.fault->code, Errc::bad_message) << line;
  }
}

TEST(StatusLine, has_a_status_from_100_to_599) {
  for (std::string const status : {"000", "099", "600", "999"}) {
    EXPECT_EQ(why("HTTP/1.1 " + status + " X\r\n\r\n"), "the status is not from 100 to 599") << status;
    EXPECT_EQ(why("HTTP/1.1 " + status + "\r\n\r\n"), "the status is not from 100 to 599") << status;
  }
  for (std::string const status : {"100", "299", "599"}) EXPECT_EQ(why("HTTP/1.1 " + status + " X\r\n\r\n"), "") << status;
}

TEST(ResponseBody, is_framed_as_the_fields_say) {
  EXPECT_EQ(framing("200 OK", "Content-Length: 5\r\n"), "sized 5");
  EXPECT_EQ(framing("200 OK", "Content-Length: 0\r\n"), "sized 0");
  EXPECT_EQ(framing("200 OK", "Content-Length: 100000000000\r\n"), "sized 100000000000");
  EXPECT_EQ(framing("200 OK", "Transfer-Encoding: chunked\r\n"), "chunked");
  EXPECT_EQ(framing("500 X", ""), "until close");
}

TEST(ResponseBody, is_none_where_the_status_or_the_method_says_so_whatever_the_fields_say) {
  for (std::string const fields : {"", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
    for (std::string const status : {"100 C", "103 E", "204 N", "304 N"})
      EXPECT_EQ(framing(status, fields), "none") << status << fields;
    EXPECT_EQ(framing("200 OK", fields, Method::head), "none") << fields;
  }
}

TEST(ResponseBody, of_doubtful_length_is_refused_even_where_there_is_none) {
  for (auto const method : {Method::get, Method::head}) {
    for (std::string const fields :
         {"Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5\r\nContent-Length: 5\r\n",
          "Content-Length: 5, 5\r\n", "Content-Length: -1\r\n", "Content-Length: \r\n", "Content-Length: 0x5\r\n",
          "Content-Length: 9223372036854775808\r\n", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "Transfer-Encoding: gzip, chunked\r\n",
          "Transfer-Encoding: identity\r\n", "Transfer-Encoding: chunked, chunked\r\n"}) {
      auto const bytes = "HTTP/1.1 200 OK\r\n" + fields + "\r\n";
      ReadResponse const read{bytes, method};
      ASSERT_TRUE(read.fault) << fields;
      EXPECT_EQ(read.fault->code, Errc::bad_message) << fields;
    }
  }
}

TEST(ResponseBody, is_not_chunked_in_http_1_0) {
  EXPECT_EQ(why("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), "Transfer-Encoding in HTTP/1.0");
}

TEST(ResponseFields, with_a_blank_before_the_colon_are_refused) {
  EXPECT_EQ(why("HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n"), "a field line is malformed");
  EXPECT_EQ(why("HTTP/1.1 200\r\nContent-Length : 5\r\n\r\n"), "a field line is malformed");
}

TEST(ResponseFields, are_bounded) {
  std::string fields;
  for (int i = 0; i < 100; ++i) fields += "X: y\r\n";
  EXPECT_EQ(why("HTTP/1.1 200 OK\r\n" + fields + "\r\n"), "");
  ReadResponse const one_more{"HTTP/1.1 200 OK\r\n" + fields + "X: y\r\n\r\n"};
  ASSERT_TRUE(one_more.fault);
  EXPECT_EQ(one_more.fault->code, Errc::too_many_fields);
}

TEST(KeepAliveTimeout, is_a_number_or_nothing) {
  auto const timeout = [](std::string const& value) {
    auto const bytes = "HTTP/1.1 200 OK\r\nKeep-Alive: " + value + "\r\n\r\n";
    return ReadResponse{bytes}.head.keep_alive_timeout;
  };
  EXPECT_EQ(timeout("timeout=5"), 5U);
  EXPECT_EQ(timeout("timeout=5, max=100"), 5U);
  for (auto const* value : {"", "timeout=", "timeout=x", "timeout=-1", "max=5", "timeout", "timeout=99999999999999999999"}) {
    EXPECT_EQ(timeout(value), 0U) << value;
  }
}

}  // namespace
}  // namespace ambassador::wire::http1::response_head_test
