#include "wire/http1/head_scanner.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace ambassador::wire::http1 {
namespace {

/// Bytes that are ordinary anywhere in a head: neither a line's end nor forbidden.
constexpr auto ordinary = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = (i >= 0x20 && i != 0x7f) || i == '\t';
  return table;
}();

#ifdef __SSE2__

constexpr std::size_t block_size = 16;

/// Where the first control byte of a block is, or `block_size`.
std::size_t find_control(char const* block) noexcept {
  auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(block));
  auto const below_blank = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  auto const is_del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
  auto const marks = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(below_blank, is_del)));
  return marks == 0 ? block_size : static_cast<std::size_t>(std::countr_zero(marks));
}

#else

constexpr std::size_t block_size = 8;

constexpr std::uint64_t every_byte(std::uint8_t value) noexcept { return value * 0x0101010101010101U; }

/// The high bit of each byte of `word` that is a control; bytes above the lowest such may be marked falsely.
constexpr std::uint64_t mark_controls(std::uint64_t word) noexcept {
  auto const below_blank = (word - every_byte(0x20)) & ~word;
  auto const from_del = word ^ every_byte(0x7f);
  auto const is_del = (from_del - every_byte(0x01)) & ~from_del;
  return (below_blank | is_del) & every_byte(0x80);
}

/// Where the first control byte of a block is, or `block_size`.
std::size_t find_control(char const* block) noexcept {
  static_assert(std::endian::native == std::endian::little, "the first byte is taken for the lowest");
  std::uint64_t word = 0;
  std::memcpy(&word, block, sizeof word);
  auto const marks = mark_controls(word);
  return marks == 0 ? block_size : static_cast<std::size_t>(std::countr_zero(marks)) / 8;
}

#endif

/// Where the first byte from `position` on is that may not be ordinary, or `stop`. A block at a time: a head is hundreds of
/// bytes, and nearly all of them are ordinary.
std::size_t skip_ordinary(std::string_view bytes, std::size_t position, std::size_t stop) noexcept {
  while (position + block_size <= stop) {
    auto const found = find_control(bytes.data() + position);
    position += found;
    if (found != block_size) break;
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
