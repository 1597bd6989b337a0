// Finds the end of an HTTP/1 head and refuses, before anything is parsed, every byte that two parsers could read
// differently: a bare CR or LF, NUL and other controls, and a line that begins with a blank (obs-fold, RFC 9112
// sections 2.2 and 5.2). It goes on where it stopped, so that a head which trickles in is looked at once.
#pragma once

#include "wire/http/message.hpp"

#include <cstddef>
#include <string_view>

namespace ambassador::wire::http1 {

/// Empty lines that are skipped before a request line, RFC 9112 section 2.2. Before a status line there is none.
inline constexpr std::size_t max_leading_empty_lines = 1;

class HeadScanner {
 public:
  enum class State : std::uint8_t { need_more, complete, faulty };

  explicit HeadScanner(std::size_t leading_empty_lines = max_leading_empty_lines) noexcept
      : leading_empty_lines_{leading_empty_lines} {}

  /// `bytes` is everything received so far for this head: each call's bytes begin with the previous call's.
  State scan(std::string_view bytes, http::HeadLimits const& limits) noexcept;

  /// Bytes to skip at the start (empty lines), and the end of the head behind its empty line. After `complete`.
  [[nodiscard]] std::size_t begin() const noexcept { return begin_; }
  [[nodiscard]] std::size_t end() const noexcept { return position_; }
  /// After `faulty`.
  [[nodiscard]] http::Fault fault() const noexcept { return fault_; }

 private:
  State refuse(Errc code, std::string_view why) noexcept;
  State refuse_size() noexcept;
  State judge_line_end() noexcept;

  std::size_t leading_empty_lines_;
  std::size_t position_ = 0;
  std::size_t begin_ = 0;
  std::size_t line_ = 0;         ///< where the present line begins
  std::size_t lines_ = 0;        ///< lines that are complete
  std::size_t empty_lines_ = 0;  ///< before the start line
  http::Fault fault_;
};

}  // namespace ambassador::wire::http1
