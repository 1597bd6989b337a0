// Heads of fuzzed bytes: scanned, in one go and byte by byte, and promises that hold for every head that is accepted.
#pragma once

#include "base/bytes.hpp"
#include "fuzz/promise.hpp"
#include "wire/http1/head_scanner.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace ambassador::fuzz {

/// The head's bytes, or nothing where it is not whole or not right.
inline std::optional<std::string_view> scan(std::string_view bytes,
                                            std::size_t leading_empty_lines = wire::http1::max_leading_empty_lines) {
  using Scanner = wire::http1::HeadScanner;
  wire::http::HeadLimits const limits;
  Scanner whole{leading_empty_lines};
  auto const state = whole.scan(bytes, limits);
  Scanner resumed{leading_empty_lines};
  auto resumed_state = Scanner::State::need_more;
  for (std::size_t size = 1; size <= bytes.size() && resumed_state == Scanner::State::need_more; ++size) {
    resumed_state = resumed.scan(bytes.substr(0, size), limits);
  }
  promise(state == resumed_state, "a head is the same however it is cut");
  if (state == Scanner::State::faulty)
    promise(whole.fault().why == resumed.fault().why, "a fault is the same however it is cut");
  if (state != Scanner::State::complete) return std::nullopt;
  promise(whole.begin() == resumed.begin() && whole.end() == resumed.end(), "a head ends at the same byte however it is cut");
  auto const head = bytes.substr(whole.begin(), whole.end() - whole.begin());
  promise(head.ends_with("\r\n\r\n") && head.find("\r\n\r\n") + 4 == head.size(), "a head ends at its first empty line");
  return head;
}

inline bool is_value(std::string_view text) {
  return trim(text).size() == text.size() &&
         std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) && c != '\t'; });
}

inline void promise_fields(wire::http::Head const& head) {
  for (auto const& field : head.fields) {
    promise(is_token(field.name), "a field's name is a token");
    promise(is_value(field.value), "a field's value has no control byte and no blank around it");
  }
}

inline bool same(wire::http::Framing a, wire::http::Framing b) { return a.kind == b.kind && a.length == b.length; }

/// How often a field stands in a head.
inline std::ptrdiff_t count(wire::http::Head const& head, wire::http::FieldId id) {
  return std::count_if(head.fields.begin(), head.fields.end(), [id](auto const& field) { return field.id == id; });
}

}  // namespace ambassador::fuzz
