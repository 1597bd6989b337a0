// The last lines of the access log, for who looks at the admin port. Filled by the log's own thread, never by a worker; of
// bounded size, and told apart: calls that were blocked or reported are still there when thousands of others came after.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::observe {

/// Bytes of lines that are kept at most: of all calls, and of those that were blocked or reported.
inline constexpr std::size_t max_recent_bytes = 128 * 1024;
inline constexpr std::size_t max_uncovered_bytes = 64 * 1024;

/// Whole lines, each with its newline, as a worker hands them over.
struct LogLines {
  std::string text;
  std::size_t count = 0;
  bool uncovered = false;  ///< one of them is a call that was blocked or reported

  void clear() noexcept {
    text.clear();
    count = 0;
    uncovered = false;
  }
};

/// Whether the line says [BLOCKED] or [REPORTED], in either format. What a client sent cannot look like it.
bool is_uncovered(std::string_view line) noexcept;

struct NumberedLine {
  std::uint64_t number = 0;  ///< from 1 on, in the order of the log
  std::string text;          ///< without its newline
};

/// The newest lines that fit into so many bytes, or only the newer half of them.
class LineRing {
 public:
  explicit LineRing(std::size_t bytes) : half_{bytes / 2} {}

  /// Whole lines, the first of which has this number. Of more than half the ring only the last ones are kept.
  void push(std::uint64_t number, std::string_view lines);
  /// Those with a greater number, from the oldest on.
  [[nodiscard]] std::vector<NumberedLine> after(std::uint64_t number) const;

 private:
  /// Lines that follow one another in the log.
  struct Run {
    std::uint64_t number;  ///< of its first line
    std::size_t begin;     ///< in the text
  };

  struct Part {
    std::string text;
    std::vector<Run> runs;

    void append_to(std::vector<NumberedLine>& out, std::uint64_t after) const;
  };

  std::size_t half_;
  Part older_;
  Part newer_;
};

class RecentLines {
 public:
  void keep(LogLines const& lines);

  /// What is kept of the lines with a greater number, in their order.
  [[nodiscard]] std::vector<NumberedLine> after(std::uint64_t number) const;

 private:
  void keep_uncovered(std::string_view lines);

  mutable std::mutex mutex_;
  std::uint64_t last_ = 0;  ///< the number of the last line that came
  LineRing all_{max_recent_bytes};
  LineRing uncovered_{max_uncovered_bytes};
};

}  // namespace ambassador::observe
