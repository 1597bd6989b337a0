// Received bytes become a head: every byte is scanned, then the lines are taken apart and judged.
#include "operation.hpp"
#include "wire/http1/head_parser.hpp"
#include "wire/http1/head_scanner.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace ambassador::micro {
namespace {

using namespace wire;

constexpr std::string_view small_request =
    "GET /api/v1/numbers HTTP/1.1\r\n"
    "Host: numbers.internal\r\n"
    "User-Agent: curl/7.88.1\r\n"
    "Accept: */*\r\n"
    "\r\n";

constexpr std::string_view browser_request =
    "GET /api/v1/numbers?page=3&size=50 HTTP/1.1\r\n"
    "Host: numbers.internal\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0\r\n"
    "Accept: application/json, text/plain, */*\r\n"
    "Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Authorization: Bearer 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\r\n"
    "X-Request-Id: 7f1c1d5e-5a7e-4b43-9a4d-5ed1c2f6d8aa\r\n"
    "Connection: keep-alive\r\n"
    "Referer: http://shop.internal/catalogue\r\n"
    "Cookie: session=4c1f4e6b2a; theme=dark\r\n"
    "Cache-Control: no-cache\r\n"
    "Pragma: no-cache\r\n"
    "\r\n";

constexpr std::string_view server_response =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx/1.22.1\r\n"
    "Date: Sun, 22 Nov 2026 06:34:54 GMT\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 100\r\n"
    "Last-Modified: Sun, 22 Nov 2026 06:00:00 GMT\r\n"
    "Connection: keep-alive\r\n"
    "ETag: \"65d2f7a0-64\"\r\n"
    "Accept-Ranges: bytes\r\n"
    "\r\n";

/// As a session does it: a new scanner a head, one list of fields for all.
struct Reader {
  std::string_view bytes;
  http::HeadLimits limits;
  http::FieldList fields;

  std::string_view scan() const {
    http1::HeadScanner scanner;
    scanner.scan(bytes, limits);
    return bytes.substr(scanner.begin(), scanner.end() - scanner.begin());
  }

  std::size_t read_request() {
    http::RequestHead head;
    return http1::parse_request_head(scan(), limits, fields, head) ? 0 : head.fields.size();
  }

  std::size_t read_response() {
    http::ResponseHead head;
    return http1::parse_response_head(scan(), limits, http::Method::get, fields, head) ? 0 : head.fields.size();
  }
};

Loop request(std::string_view bytes, std::size_t fields) {
  Reader reader{bytes, {}, {}};
  require(reader.read_request() == fields, std::string{bytes});
  return repeat([reader]() mutable { return reader.read_request(); });
}

Loop response(std::string_view bytes, std::size_t fields) {
  Reader reader{bytes, {}, {}};
  require(reader.read_response() == fields, std::string{bytes});
  return repeat([reader]() mutable { return reader.read_response(); });
}

}  // namespace

Operations head_parsing() {
  return {
      {"head/request of 3 fields", [] { return request(small_request, 3); }},
      {"head/request of 12 fields", [] { return request(browser_request, 12); }},
      {"head/response of 8 fields", [] { return response(server_response, 8); }},
  };
}

}  // namespace ambassador::micro
