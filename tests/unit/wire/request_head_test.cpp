// What a request's head says, and every head of which two parsers could disagree (RFC 9112 sections 3, 5 and 6).
#include "unit/wire/outcome.hpp"

#include <gtest/gtest.h>

namespace ambassador::wire::http1::request_head_test {
namespace {

std::string get_with(std::string const& fields) { return "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n"; }

std::string why(std::string const& bytes) { return ReadRequest{bytes}.why(); }

/// The body's framing, or the fault.
std::string framing(std::string const& fields, std::string const& start = "POST / HTTP/1.1\r\nHost: h\r\n") {
  auto const bytes = start + fields + "\r\n";
  ReadRequest const read{bytes};
  return read.fault ? std::string{read.fault->why} : to_text(read.head.body);
}

TEST(RequestHead, gives_its_parts) {
  std::string const bytes = "POST /a?b HTTP/1.1\r\nHost: h:1\r\nX-Empty:\r\nX-Value: \t a b \t\r\n\r\n";
  ReadRequest const read{bytes};
  ASSERT_EQ(read.why(), "");
  EXPECT_EQ(read.head.method, http::Method::post);
  EXPECT_EQ(read.head.method_text, "POST");
  EXPECT_EQ(read.head.target, "/a?b");
  EXPECT_EQ(read.head.minor_version, 1U);
  EXPECT_EQ(read.head.host, "h:1");
  ASSERT_EQ(read.head.fields.size(), 3U);
  EXPECT_EQ(read.head.fields[1].name, "X-Empty");
  EXPECT_EQ(read.head.fields[1].value, "");
  EXPECT_EQ(read.head.fields[2].value, "a b");
}

TEST(RequestHead, keeps_repeated_fields_in_their_order) {
  auto const bytes = get_with("Cookie: a\r\nX-A: 1\r\nCookie: b\r\n");
  ReadRequest const read{bytes};
  ASSERT_EQ(read.head.fields.size(), 4U);
  EXPECT_EQ(read.head.fields[1].value, "a");
  EXPECT_EQ(read.head.fields[3].value, "b");
}

TEST(RequestHead, takes_bytes_beyond_ascii_in_targets_and_values) {
  std::string const bytes = "GET /\xc3\xb6 HTTP/1.1\r\nHost: h\r\nX: \xff\x80\r\n\r\n";
  ReadRequest const read{bytes};
  ASSERT_EQ(read.why(), "");
  EXPECT_EQ(read.head.target, "/\xc3\xb6");
  EXPECT_EQ(read.head.fields[1].value, "\xff\x80");
}

TEST(RequestHead, takes_any_token_for_a_method) {
  for (std::string const method : {"GET", "PROPFIND", "X!#$%&'*+-.^_`|~9", "purge"}) {
    auto const bytes = method + " / HTTP/1.1\r\nHost: h\r\n\r\n";
    ReadRequest const read{bytes};
    EXPECT_EQ(read.why(), "");
    EXPECT_EQ(read.head.method_text, method);
  }
}

TEST(RequestHead, forgets_the_head_before) {
  http::FieldList fields;
  http::RequestHead head;
  auto const first = std::string{"POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\nHost: a\r\n\r\n"};
  ASSERT_FALSE(parse_request_head(first, {}, fields, head));
  auto const second = std::string{"GET / HTTP/1.1\r\nHost: b\r\n\r\n"};
  ASSERT_FALSE(parse_request_head(second, {}, fields, head));
  EXPECT_EQ(to_text(head.body), "none");
  EXPECT_FALSE(head.connection_keep_alive);
  EXPECT_EQ(head.fields.size(), 1U);
}

TEST(RequestLine, is_one_method_one_target_one_version_and_single_blanks) {
  for (std::string const line : {"GET",
                                 "GET /",
                                 "GET / ",
                                 "GET  / HTTP/1.1",
                                 "GET /  HTTP/1.1",
                                 "GET / HTTP/1.1 ",
                                 "GET\t/ HTTP/1.1",
                                 "GET /\tHTTP/1.1",
                                 "GET / / HTTP/1.1",
                                 "/ HTTP/1.1",
                                 "GET HTTP/1.1",
                                 "G(T / HTTP/1.1",
                                 "G\xc3\xb6T / HTTP/1.1",
                                 "G:T / HTTP/1.1",
                                 "GET / http/1.1",
                                 "GET / HTTP/1",
                                 "GET / HTTP/1.",
                                 "GET / HTTP/11",
                                 "GET / HTTP /1.1",
                                 "GET / HTTP/1.10",
                                 "GET / HTTP/01.1",
                                 "GET / XTTP/1.1",
                                 "GET / HTTP/1,1",
                                 "GET / HTTP/1.1x"}) {
    ReadRequest const read{line + "\r\nHost: h\r\n\r\n"};
    ASSERT_TRUE(read.fault) << line;
    EXPECT_EQ(read.fault->code, Errc::bad_message) << line;
  }
}

TEST(RequestLine, of_another_version_is_told_apart_from_a_malformed_one) {
  for (std::string const version : {"HTTP/0.9", "HTTP/1.2", "HTTP/1.9", "HTTP/2.0", "HTTP/3.0", "HTTP/9.9"}) {
    ReadRequest const read{"GET / " + version + "\r\nHost: h\r\n\r\n"};
    ASSERT_TRUE(read.fault) << version;
    EXPECT_EQ(read.fault->code, Errc::bad_version) << version;
  }
  EXPECT_EQ(ReadRequest{"PRI * HTTP/2.0\r\n\r\n"}.fault->code, Errc::bad_version);
}

TEST(RequestLine, has_its_method_in_capitals) {
  for (std::string const method : {"get", "Get", "POSt", "connect", "hEAD", "options"}) {
    EXPECT_EQ(why(method + " / HTTP/1.1\r\nHost: h\r\n\r\n"), "the method is not in capitals") << method;
  }
}

TEST(FieldLine, is_a_token_a_colon_and_a_value) {
  for (std::string const line :
       {"X : a", "X\t: a", ": a", "X", "X a", "X(: a", "X\x80: a", "X Y: a", "\"X\": a", "X@: a", "X/: a"}) {
    EXPECT_EQ(why(get_with(line + "\r\n")), "a field line is malformed") << line;
  }
  EXPECT_EQ(why(get_with("X:a\r\nY: :\r\nZ!#$%&'*+-.^_`|~0:z\r\n")), "");
}

TEST(FieldLine, of_the_host_without_a_blank_before_the_colon_only) {
  EXPECT_EQ(why("GET / HTTP/1.1\r\nHost : h\r\n\r\n"), "a field line is malformed");
}

TEST(ContentLength, is_one_plain_number) {
  EXPECT_EQ(framing("Content-Length: 0\r\n"), "sized 0");
  EXPECT_EQ(framing("Content-Length: 5\r\n"), "sized 5");
  EXPECT_EQ(framing("content-length:\t 5 \t\r\n"), "sized 5");
  EXPECT_EQ(framing("Content-Length: 9223372036854775807\r\n"), "sized 9223372036854775807");
}

TEST(ContentLength, may_announce_more_than_memory_holds) {
  EXPECT_EQ(framing("Content-Length: 1073741824\r\n"), "sized 1073741824");
}

TEST(ContentLength, of_any_other_form_is_refused) {
  for (std::string const value : {"",
                                  "+5",
                                  "-5",
                                  "05",
                                  "00",
                                  "0x5",
                                  "5 5",
                                  "5,5",
                                  "5, 5",
                                  "5,",
                                  ",5",
                                  "5;",
                                  "5.0",
                                  "1e3",
                                  "a",
                                  "\"5\"",
                                  "9223372036854775808",
                                  "18446744073709551616",
                                  "18446744073709551621",
                                  "99999999999999999999999"}) {
    EXPECT_NE(framing("Content-Length: " + value + "\r\n").substr(0, 5), "sized") << value;
  }
}

TEST(ContentLength, said_twice_is_refused_alike_or_not) {
  EXPECT_EQ(framing("Content-Length: 5\r\nContent-Length: 5\r\n"), "more than one Content-Length");
  EXPECT_NE(framing("Content-Length: 5\r\nContent-Length: 6\r\n").substr(0, 5), "sized");
}

TEST(TransferEncoding, is_exactly_chunked) {
  EXPECT_EQ(framing("Transfer-Encoding: chunked\r\n"), "chunked");
  EXPECT_EQ(framing("transfer-encoding:CHUNKED\r\n"), "chunked");
}

TEST(TransferEncoding, of_any_other_form_is_refused) {
  for (std::string const value :
       {"", "identity", "gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "chunked,", ",chunked", "chunked;q=1",
        "xchunked", "chunkedx", "\"chunked\"", "chunked chunked", "chun ked", "x-chunked"}) {
    EXPECT_NE(framing("Transfer-Encoding: " + value + "\r\n"), "chunked") << value;
    EXPECT_NE(framing("Transfer-Encoding: " + value + "\r\n"), "none") << value;
  }
  EXPECT_EQ(framing("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
            "Transfer-Encoding is not exactly chunked");
  EXPECT_EQ(framing("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"),
            "Transfer-Encoding is not exactly chunked");
}

TEST(TransferEncoding, with_a_content_length_is_refused_in_either_order) {
  for (std::string const fields :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nX: y\r\nContent-Length: 0\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: identity\r\n"}) {
    auto const bytes = "POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
    ReadRequest const read{bytes};
    ASSERT_TRUE(read.fault) << fields;
    EXPECT_EQ(read.fault->code, Errc::bad_message);
  }
}

TEST(TransferEncoding, does_not_belong_in_http_1_0) {
  EXPECT_EQ(framing("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0\r\n"), "Transfer-Encoding in HTTP/1.0");
}

TEST(Connect, has_no_body) {
  for (std::string const field : {"Content-Length: 0\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
    EXPECT_EQ(framing(field, "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n"), "a body with CONNECT") << field;
  }
  EXPECT_EQ(framing("", "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n"), "none");
  EXPECT_EQ(framing("", "CONNECT h:1 HTTP/1.0\r\n"), "none");
}

TEST(Host, is_there_once_in_http_1_1) {
  EXPECT_EQ(why("GET / HTTP/1.1\r\n\r\n"), "no Host");
  EXPECT_EQ(why("GET http://h/ HTTP/1.1\r\n\r\n"), "no Host");
  EXPECT_EQ(why("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), "more than one Host");
  EXPECT_EQ(why("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n"), "more than one Host");
  EXPECT_EQ(why("GET / HTTP/1.0\r\n\r\n"), "");
}

TEST(Expect, tells_100_continue_from_all_else) {
  auto const known = get_with("Expect: 100-Continue\r\n");
  EXPECT_TRUE(ReadRequest{known}.head.expects_continue);
  EXPECT_FALSE(ReadRequest{known}.head.expects_unknown);
  for (std::string const value : {"200-ok", "", "100-continue, x", "100"}) {
    auto const bytes = get_with("Expect: " + value + "\r\n");
    EXPECT_TRUE(ReadRequest{bytes}.head.expects_unknown) << value;
  }
}

TEST(MaxForwards, counts_where_it_is_a_number) {
  EXPECT_EQ(ReadRequest{get_with("Max-Forwards: 0\r\n")}.head.max_forwards, 0U);
  EXPECT_EQ(ReadRequest{get_with("Max-Forwards: 10\r\n")}.head.max_forwards, 10U);
  for (std::string const fields : {"", "Max-Forwards: -1\r\n", "Max-Forwards: x\r\n"}) {
    EXPECT_EQ(ReadRequest{get_with(fields)}.head.max_forwards, UINT64_MAX) << fields;
  }
}

TEST(RequestLimits, are_met_to_the_field) {
  std::string fields;
  for (int i = 1; i < 100; ++i) fields += "X: y\r\n";
  EXPECT_EQ(why(get_with(fields)), "");
  ReadRequest const one_more{get_with(fields + "X: y\r\n")};
  ASSERT_TRUE(one_more.fault);
  EXPECT_EQ(one_more.fault->code, Errc::too_many_fields);
}

TEST(RequestLimits, are_met_to_the_byte_of_the_target) {
  http::HeadLimits const limits{.head = 1000, .fields = 2, .target = 20};
  auto const request = [](std::size_t size) { return "GET /" + std::string(size - 1, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n"; };
  EXPECT_FALSE((ReadRequest{request(20), limits}.fault));
  ReadRequest const longer{request(21), limits};
  ASSERT_TRUE(longer.fault);
  EXPECT_EQ(longer.fault->code, Errc::target_too_long);
}

}  // namespace
}  // namespace ambassador::wire::http1::request_head_test
