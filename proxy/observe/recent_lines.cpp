#include "observe/recent_lines.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <string.h>

namespace ambassador::observe {
namespace {

/// Behind the next blank; empty where there is none.
std::string_view skip_word(std::string_view text) noexcept {
  auto const blank = text.find(' ');
  return blank == std::string_view::npos ? std::string_view{} : text.substr(blank + 1);
}

bool is_uncovered_json(std::string_view line) noexcept {
  constexpr std::string_view key = "\"decision\":\"";  // a quote inside a value is escaped
  auto const* const found = static_cast<char const*>(memmem(line.data(), line.size(), key.data(), key.size()));
  if (found == nullptr) return false;
  auto const value = line.substr(static_cast<std::size_t>(found - line.data()) + key.size());
  return value.starts_with("blocked\"") || value.starts_with("reported\"");
}

}  // namespace

bool is_uncovered(std::string_view line) noexcept {
  if (line.starts_with('{')) return is_uncovered_json(line);
  auto const outcome = skip_word(skip_word(skip_word(line)));
  return outcome.starts_with("[BLOCKED] ") || outcome.starts_with("[REPORTED] ");
}

void LineRing::push(std::uint64_t number, std::string_view lines) {
  if (lines.size() > half_) {
    auto const begin = lines.find('\n', lines.size() - half_ - 1) + 1;
    number += static_cast<std::uint64_t>(std::count(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
    lines.remove_prefix(begin);
  }
  if (lines.empty()) return;  // the last one is longer than that
  if (newer_.text.size() + lines.size() > half_) {
    std::swap(older_, newer_);
    newer_.text.clear();
    newer_.runs.clear();
  }
  newer_.runs.push_back({number, newer_.text.size()});
  newer_.text += lines;
}

void LineRing::Part::append_to(std::vector<NumberedLine>& out, std::uint64_t after) const {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    auto const end = i + 1 < runs.size() ? runs[i + 1].begin : text.size();
    auto number = runs[i].number;
    for (std::size_t at = runs[i].begin; at < end; ++number) {
      auto const newline = text.find('\n', at);
      if (number > after) out.push_back({number, text.substr(at, newline - at)});
      at = newline + 1;
    }
  }
}

std::vector<NumberedLine> LineRing::after(std::uint64_t number) const {
  std::vector<NumberedLine> lines;
  older_.append_to(lines, number);
  newer_.append_to(lines, number);
  return lines;
}

void RecentLines::keep(LogLines const& lines) {
  std::lock_guard const lock{mutex_};
  all_.push(last_ + 1, lines.text);
  if (lines.uncovered) keep_uncovered(lines.text);
  last_ += lines.count;
}

void RecentLines::keep_uncovered(std::string_view lines) {
  for (auto number = last_ + 1; !lines.empty(); ++number) {
    auto const line = lines.substr(0, lines.find('\n') + 1);
    if (is_uncovered(line)) uncovered_.push(number, line);
    lines.remove_prefix(line.size());
  }
}

std::vector<NumberedLine> RecentLines::after(std::uint64_t number) const {
  std::lock_guard const lock{mutex_};
  auto const all = all_.after(number);
  auto const uncovered = uncovered_.after(number);
  std::vector<NumberedLine> lines;
  std::set_union(all.begin(), all.end(), uncovered.begin(), uncovered.end(), std::back_inserter(lines),
                 [](NumberedLine const& a, NumberedLine const& b) { return a.number < b.number; });
  return lines;
}

}  // namespace ambassador::observe
