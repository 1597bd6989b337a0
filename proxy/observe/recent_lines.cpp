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

void LineRing::push(std::uint64_t number, std::string_view line) {
  if (line.size() >= half_) return;
  if (newer_.text.size() + line.size() + 1 > half_) {
    std::swap(older_, newer_);
    newer_.text.clear();
    newer_.numbers.clear();
  }
  newer_.text.append(line).push_back('\n');
  newer_.numbers.push_back(number);
}

void LineRing::Part::append_to(std::vector<NumberedLine>& out, std::uint64_t after) const {
  std::string_view rest = text;
  for (auto const number : numbers) {
    auto const end = rest.find('\n');
    if (number > after) out.push_back({number, std::string{rest.substr(0, end)}});
    rest.remove_prefix(end + 1);
  }
}

std::vector<NumberedLine> LineRing::after(std::uint64_t number) const {
  std::vector<NumberedLine> lines;
  older_.append_to(lines, number);
  newer_.append_to(lines, number);
  return lines;
}

void RecentLines::keep(std::string_view batch) {
  std::lock_guard const lock{mutex_};
  while (!batch.empty()) {
    auto const end = std::min(batch.find('\n'), batch.size());
    auto const line = batch.substr(0, end);
    batch.remove_prefix(std::min(end + 1, batch.size()));
    ++last_;
    all_.push(last_, line);
    if (is_uncovered(line)) uncovered_.push(last_, line);
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

std::uint64_t RecentLines::last() const {
  std::lock_guard const lock{mutex_};
  return last_;
}

}  // namespace ambassador::observe
