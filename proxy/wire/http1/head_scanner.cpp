#include "wire/http1/head_scanner.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace ambassador::wire::http1 {
namespace {

/// Bytes that are ordinary anywhere in a head: neither a line's end nor forbidden.
constexpr auto ordinary = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = (i >= 0x20 && i != 0x7f) || i == '\t';
  return table;
}();

constexpr std::uint64_t every_byte(std::uint8_t value) noexcept { return value * 0x0101010101010101U; }

/// The high bit of each byte of `word` that is below 0x20 or DEL; bytes behind the first such may be marked falsely.
constexpr std::uint64_t mark_controls(std::uint64_t word) noexcept {
  auto const below_blank = (word - every_byte(0x20)) & ~word;
  auto const from_del = word ^ every_byte(0x7f);
  auto const is_del = (from_del - every_byte(0x01)) & ~from_del;
  return (below_blank | is_del) & every_byte(0x80);
}

/// Where the first byte from `position` on is that may not be ordinary, or `stop`. Eight bytes at a time: a head is
/// hundreds of bytes, and most of them are ordinary.
std::size_t skip_ordinary(std::string_view bytes, std::size_t position, std::size_t stop) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    for (; position + sizeof(std::uint64_t) <= stop; position += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + position, sizeof word);
      auto const marks = mark_controls(word);
      if (marks == 0) continue;
      position += static_cast<std::size_t>(std::countr_zero(marks)) / 8;
      break;
    }
  }
  while (position < stop && ordinary[static_cast<unsigned char>(bytes[position])]) ++position;
  return position;
}

}  // namespace

HeadScanner::State HeadScanner::refuse(Errc code, std::string_view why) noexcept {
  fault_ = {code, why};
  return State::faulty;
}

HeadScanner::State HeadScanner::refuse_size() noexcept {
  return lines_ == 0 ? refuse(Errc::target_too_long, "the request line is too long")
                     : refuse(Errc::head_too_large, "the head is larger than limits.head");
}

/// Called with `position_` behind a CRLF.
HeadScanner::State HeadScanner::judge_line_end() noexcept {
  bool const empty = position_ - line_ == 2;
  line_ = position_;
  if (!empty) {
    ++lines_;
    return State::need_more;
  }
  if (lines_ != 0) return State::complete;
  begin_ = position_;
  if (++empty_lines_ > leading_empty_lines_) return refuse(Errc::bad_message, "empty lines before the start line");
  return State::need_more;
}

HeadScanner::State HeadScanner::scan(std::string_view bytes, http::HeadLimits const& limits) noexcept {
  while (position_ < bytes.size()) {
    if (position_ == line_ && is_blank(bytes[position_])) {
      return refuse(Errc::bad_message, "a line begins with a blank (obsolete line folding)");
    }
    auto const limit = begin_ + limits.head;
    auto const stop = std::min(bytes.size(), limit);
    position_ = skip_ordinary(bytes, position_, stop);
    if (position_ == bytes.size()) return State::need_more;
    if (position_ >= limit) return refuse_size();
    char const c = bytes[position_];
    if (c == '\n') return refuse(Errc::bad_message, "a line feed without a carriage return");
    if (c != '\r') return refuse(Errc::bad_message, "a control byte in the head");
    if (position_ + 1 == bytes.size()) return State::need_more;
    if (bytes[position_ + 1] != '\n') return refuse(Errc::bad_message, "a carriage return without a line feed");
    if (position_ + 1 >= limit) return refuse_size();
    position_ += 2;
    if (auto const state = judge_line_end(); state != State::need_more) return state;
  }
  return State::need_more;
}

}  // namespace ambassador::wire::http1
