// What becomes of the bytes of one head, in one word: to compare heads, and ways to cut them.
#pragma once

#include "wire/http1/head_parser.hpp"
#include "wire/http1/head_scanner.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace ambassador::wire::http1 {

/// What the scanner says at the end of `pieces`, given one by one, each with all before it: `need more`, the head
/// between bars, or the fault.
inline std::string scanned(std::string_view bytes, std::initializer_list<std::size_t> cuts,
                           http::HeadLimits const& limits = {}) {
  HeadScanner scanner;
  auto state = HeadScanner::State::need_more;
  auto const scan = [&](std::size_t size) {
    if (state == HeadScanner::State::need_more) state = scanner.scan(bytes.substr(0, size), limits);
  };
  for (auto const cut : cuts) scan(cut);
  scan(bytes.size());
  switch (state) {
    case HeadScanner::State::need_more: return "need more";
    case HeadScanner::State::complete:
      return '|' + std::string{bytes.substr(scanner.begin(), scanner.end() - scanner.begin())} + '|';
    case HeadScanner::State::faulty: break;
  }
  return std::string{scanner.fault().why};
}

/// A head with the storage behind it, or the fault of the scanner or the parser.
template <class Head>
struct Read {
  http::FieldList fields;
  Head head;
  std::optional<http::Fault> fault;

  [[nodiscard]] std::string why() const { return fault ? std::string{fault->why} : std::string{}; }
};

/// Scans, then has `parse(head)` do the rest.
template <class Parse>
std::optional<http::Fault> scan_and(std::string_view bytes, http::HeadLimits const& limits, Parse parse) {
  HeadScanner scanner;
  switch (scanner.scan(bytes, limits)) {
    case HeadScanner::State::need_more: return http::Fault{Errc::incomplete_message, "need more"};
    case HeadScanner::State::faulty: return scanner.fault();
    case HeadScanner::State::complete: break;
  }
  return parse(bytes.substr(scanner.begin(), scanner.end() - scanner.begin()));
}

struct ReadRequest : Read<http::RequestHead> {
  explicit ReadRequest(std::string_view bytes, http::HeadLimits const& limits = {}) {
    fault = scan_and(bytes, limits, [&](std::string_view whole) { return parse_request_head(whole, limits, fields, head); });
  }
};

struct ReadResponse : Read<http::ResponseHead> {
  /// `method` is the request's.
  explicit ReadResponse(std::string_view bytes, http::Method method = http::Method::get, http::HeadLimits const& limits = {}) {
    fault = scan_and(bytes, limits,
                     [&](std::string_view whole) { return parse_response_head(whole, limits, method, fields, head); });
  }
};

/// `none`, `sized 5`, `chunked` or `until close`.
inline std::string to_text(http::Framing framing) {
  switch (framing.kind) {
    case http::BodyKind::none: return "none";
    case http::BodyKind::sized: return "sized " + std::to_string(framing.length);
    case http::BodyKind::chunked: return "chunked";
    case http::BodyKind::until_close: break;
  }
  return "until close";
}

}  // namespace ambassador::wire::http1
