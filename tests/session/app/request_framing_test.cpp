// How a request's body ends, RFC 9112 sections 6 and 7: one answer, or none. The rows that are refused are those by which
// one parser's body is another's next request.
#include "support/exchange_row.hpp"

namespace ambassador::support::request_framing_test {
namespace {

/// A POST with these fields and this body, in both forms.
std::string post(std::string const& fields, std::string const& body = "") {
  return "POST $/x HTTP/1.1|Host: app|" + fields + "|" + body;
}

std::string post_upstream(std::string const& framing, std::string const& body) {
  return "POST /x HTTP/1.1|Host: {}|" + framing + "Via: 1.1 amb||" + body;
}

std::string chunked(std::string const& body) { return post("Transfer-Encoding: chunked|", body); }

std::string chunked_upstream(std::string const& body) { return post_upstream("Transfer-Encoding: chunked|", body); }

std::string const smuggled = "GET /admin HTTP/1.1|Host: app||";

TEST(RequestFraming, a_length_means_one_thing) {
  run({
      passes("9112 6.2: a sized body", post("Content-Length: 5|", "hello"), post_upstream("Content-Length: 5|", "hello")),
      passes("9112 6.2: a body of no bytes", post("Content-Length: 0|"), post_upstream("Content-Length: 0|", "")),
      passes("9112 6.3: neither length nor coding is no body", post(""), post_upstream("", "")),
      passes("9110 5.5: blanks around a value are no part of it", post("Content-Length: \t 5 \t|", "hello"),
             post_upstream("Content-Length: 5|", "hello")),
      passes("9110 5.1: field names are case-insensitive", post("cOnTeNt-LeNgTh: 5|", "hello"),
             post_upstream("Content-Length: 5|", "hello")),
      refused("9112 6.3: two lengths that differ", post("Content-Length: 5|Content-Length: 6|", "hello" + smuggled)),
      refused("9110 8.6: two lengths that agree are refused too", post("Content-Length: 5|Content-Length: 5|", "hello")),
      refused("9110 8.6: a list of lengths", post("Content-Length: 5, 5|", "hello")),
      refused("9110 8.6: a list of lengths that differ", post("Content-Length: 5,6|", "hello!")),
      refused("9110 8.6: a plus sign (CVE-2018-7159)", post("Content-Length: +5|", "hello")),
      refused("9110 8.6: a minus sign", post("Content-Length: -5|", "hello")),
      refused("9110 8.6: hex", post("Content-Length: 0x5|", "hello")),
      refused("9110 8.6: a fraction", post("Content-Length: 5.0|", "hello")),
      refused("9110 8.6: an exponent", post("Content-Length: 5e0|", "hello")),
      refused("9110 8.6: a blank inside (CVE-2018-7159)", post("Content-Length: 1 0|", "hellohello")),
      refused("9110 8.6: a leading zero", post("Content-Length: 05|", "hello")),
      refused("9110 8.6: no value", post("Content-Length: |", "hello")),
      refused("9110 8.6: a word", post("Content-Length: five|", "hello")),
      refused("9110 8.6: in quotes", post("Content-Length: \"5\"|", "hello")),
      refused("9110 8.6: more than 64 bits hold (CVE-2016-5117)", post("Content-Length: 18446744073709551621|", "hello")),
      refused("9110 8.6: more than a signed number holds", post("Content-Length: 9223372036854775808|", "hello")),
      refused("9110 8.6: an underscore", post("Content-Length: 1_0|", "hellohello")),
      refused("9112 5.1: a blank before the colon (CVE-2019-16869)", post("Content-Length : 5|", "hello" + smuggled)),
      refused("9112 5.1: a tab before the colon", post("Content-Length\t: 5|", "hello")),
      refused("9112 5.2: a length that is folded", post("Content-Length:| 5|", "hello")),
  });
}

TEST(RequestFraming, a_coding_means_one_thing) {
  run({
      passes("9112 7.1: a chunked body", chunked("5|hello|0||"), chunked_upstream("5|hello|0||")),
      passes("9110 5.1: names are case-insensitive", post("tRaNsFeR-eNcOdInG: chunked|", "0||"), chunked_upstream("0||")),
      passes("9112 7: codings are case-insensitive", post("Transfer-Encoding: CHUNKED|", "0||"), chunked_upstream("0||")),
      refused("9112 6.1: length before coding (CVE-2005-2088)",
              post("Content-Length: 5|Transfer-Encoding: chunked|", "0||" + smuggled)),
      refused("9112 6.1: coding before length", post("Transfer-Encoding: chunked|Content-Length: 5|", "0||" + smuggled)),
      refused("9112 6.3: chunked twice", post("Transfer-Encoding: chunked, chunked|", "0||")),
      refused("9112 6.3: chunked on two lines", post("Transfer-Encoding: chunked|Transfer-Encoding: chunked|", "0||")),
      refused("9112 6.3: a coding before chunked", post("Transfer-Encoding: gzip, chunked|", "0||")),
      refused("9112 6.3: chunked is not last", post("Transfer-Encoding: chunked, gzip|", "0||" + smuggled)),
      refused("9112 6.3: no chunked at all", post("Transfer-Encoding: gzip|", "0||" + smuggled)),
      refused("9112 6.3: identity (CVE-2019-20372)", post("Transfer-Encoding: identity|Content-Length: 5|", "hello")),
      refused("9112 6.1: an unknown coding", post("Transfer-Encoding: xchunked|", "0||" + smuggled)),
      refused("9112 6.1: a coding in quotes", post("Transfer-Encoding: \"chunked\"|", "0||" + smuggled)),
      refused("9112 6.1: a parameter", post("Transfer-Encoding: chunked;q=1|", "0||")),
      refused("9112 6.1: a control byte before the word (CVE-2019-18277)", post("Transfer-Encoding:\x0b"
                                                                                "chunked|",
                                                                                "0||" + smuggled)),
      refused("9112 6.1: a comma and nothing", post("Transfer-Encoding: chunked,|", "0||")),
      refused("9112 6.1: an empty coding", post("Transfer-Encoding: |", smuggled)),
      refused("9112 6.1: identity on a second line", post("Transfer-Encoding: chunked|Transfer-Encoding: identity|", "0||")),
      refused("9112 5.1: a blank before the colon", post("Transfer-Encoding : chunked|", "0||" + smuggled)),
      refused("9112 5.2: a coding that is folded", post("Transfer-Encoding:| chunked|", "0||" + smuggled)),
      refused("9112 6.1: a coding in HTTP/1.0", "POST $/x HTTP/1.0|Host: app|Transfer-Encoding: chunked||0||" + smuggled),
      refused("9112 6.1: a bare LF hides the coding (CVE-2021-21409)",
              post("X: y\nTransfer-Encoding: chunked|", "0||" + smuggled)),
  });
}

TEST(RequestFraming, a_chunk_means_one_thing) {
  run({
      passes("9112 7.1: chunks are written anew", chunked("5|hello|06|world!|0||"), chunked_upstream("b|helloworld!|0||")),
      passes("9112 7.1: hex in capitals", chunked("A|0123456789|0||"), chunked_upstream("a|0123456789|0||")),
      passes("9112 7.1: leading zeros", chunked("0005|hello|000||"), chunked_upstream("5|hello|0||")),
      passes("9112 7.1.1: an extension is dropped", chunked("5;name=value|hello|0||"), chunked_upstream("5|hello|0||")),
      passes("9112 7.1.1: an extension in quotes is dropped", chunked("5;n=\"a;b\"|hello|0;last||"),
             chunked_upstream("5|hello|0||")),
      passes("9112 7.1.2: trailers are kept", chunked("5|hello|0|X-Sum: 1|x-more:  2 ||"),
             chunked_upstream("5|hello|0|X-Sum: 1|x-more: 2||")),
      passes("9112 7.1: data that looks like a chunk", chunked("5|0|||0||"), chunked_upstream("5|0|||0||")),
      refused("9112 7.1: a size with a sign", chunked("+5|hello|0||")),
      refused("9112 7.1: a negative size", chunked("-5|hello|0||")),
      refused("9112 7.1: a size as 0x5 (CVE-2020-8287)", chunked("0x5|hello|0||")),
      refused("9112 7.1: a size that is no number", chunked("five|hello|0||")),
      refused("9112 7.1: no size", chunked("|hello|0||")),
      refused("9112 7.1: a blank before the size", chunked(" 5|hello|0||")),
      refused("9112 7.1: a blank behind the size (CVE-2023-46589)", chunked("5 |hello|0||")),
      refused("9112 7.1: a size with an underscore", chunked("1_0|0123456789abcdef|0||")),
      refused("9112 7.1: a size of more than 64 bits (CVE-2013-2028)", chunked("10000000000000005|hello|0||")),
      refused("9112 7.1: a size that a signed number cannot hold", chunked("ffffffffffffffff|hello|0||")),
      refused("9112 7.1: a bare LF behind the size (CVE-2022-35256)", chunked("5\nhello|0||")),
      refused("9112 7.1: a bare CR behind the size", chunked("5\rXhello|0||")),
      refused("9112 7.1: data longer than its size", chunked("5|hello!|0||")),
      refused("9112 7.1: a bare LF behind the data", chunked("5|hello\n0||")),
      refused("9112 7.1: no CRLF behind the data", chunked("5|hello0||")),
      refused("9112 7.1.1: a bare LF in an extension (CVE-2024-21501 and others)", chunked("5;a\n|hello|0||")),
      refused("9112 7.1.1: a bare CR in an extension", chunked("5;a\rb|hello|0||")),
      refused("9112 7.1.1: NUL in an extension", chunked(std::string{"5;a\0b|hello|0||", 15})),
      refused("9112 7.1.1: extensions are bounded (CVE-2023-45288)", chunked("5;" + std::string(5000, 'a') + "|hello|0||")),
      refused("9110 6.5.1: a length in a trailer", chunked("0|Content-Length: 5||")),
      refused("9110 6.5.1: a coding in a trailer", chunked("0|Transfer-Encoding: chunked||")),
      refused("9110 6.5.1: Host in a trailer", chunked("0|Host: other||")),
      refused("9110 6.5.1: credentials in a trailer", chunked("0|Authorization: Basic YTpi||")),
      refused("9112 7.1.2: a bare LF in a trailer", chunked("0|X: y\n||")),
      refused("9112 7.1.2: a trailer that is folded", chunked("0|X: a| b||")),
      refused("9112 7.1.2: a trailer without a colon", chunked("0|nonsense||")),
      refused("9112 7.1.2: a blank before a trailer's colon", chunked("0|X : y||")),
      refused("9112 7.1.2: trailers are bounded", chunked("0|X: " + std::string(20'000, 'y') + "||")),
  });
}

TEST(RequestFraming, what_follows_a_body_is_the_next_request) {
  std::string const next = "GET /x HTTP/1.1|Host: {}|Via: 1.1 amb||";
  run({
      {"9112 9.3.2: behind a sized body", post("Content-Length: 5|", "hello" + plain_get),
       post_upstream("Content-Length: 5|", "hello") + next, plain_response, plain_response_client + plain_response_client, 2},
      {"9112 9.3.2: behind a chunked body", chunked("5|hello|0||" + plain_get), chunked_upstream("5|hello|0||") + next,
       plain_response, plain_response_client + plain_response_client, 2},
      {"9112 6.3: a GET may have a body", "GET $/x HTTP/1.1|Host: app|Content-Length: 5||hello" + plain_get,
       "GET /x HTTP/1.1|Host: {}|Content-Length: 5|Via: 1.1 amb||hello" + next, plain_response,
       plain_response_client + plain_response_client, 2},
      answered("9112 6: a blocked request's body is no request",
               "POST http://other/ HTTP/1.1|Host: other|Content-Length: 34||" + smuggled, 403),
  });
}

}  // namespace
}  // namespace ambassador::support::request_framing_test
