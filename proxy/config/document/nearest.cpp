#include "config/document/nearest.hpp"

#include "base/bytes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace ambassador::config {
namespace {

constexpr std::size_t max_compared_bytes = 128;  // a longer text is nobody's typing error
constexpr std::size_t max_listed = 20;           // candidates named where none is near

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours; case does not count.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      bool const same = to_lower(a[i - 1]) == to_lower(b[j - 1]);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (same ? 0 : 1)});
      bool const swapped =
          i > 1 && j > 1 && to_lower(a[i - 1]) == to_lower(b[j - 2]) && to_lower(a[i - 2]) == to_lower(b[j - 1]);
      if (swapped) current[j] = std::min(current[j], before[j - 2] + 1);
    }
    before.swap(previous);
    previous.swap(current);
  }
  return previous[b.size()];
}

}  // namespace

std::string nearest(std::string_view text, std::vector<std::string> const& candidates) {
  if (text.size() > max_compared_bytes) return {};
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, text.size() / 3) + 1;
  for (auto const& candidate : candidates) {
    auto const d = distance(text, candidate);
    if (d < best_distance) {
      best_distance = d;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view text, std::vector<std::string> const& candidates) {
  if (auto const best = nearest(text, candidates); !best.empty()) return fmt::format("did you mean \"{}\"?", best);
  if (candidates.empty()) return {};
  auto const shown = std::min(candidates.size(), max_listed);
  return fmt::format("known here: {}{}",
                     fmt::join(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                     shown < candidates.size() ? ", …" : "");
}

}  // namespace ambassador::config
