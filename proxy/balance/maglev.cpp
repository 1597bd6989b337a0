#include "balance/maglev.hpp"

#include "balance/random.hpp"

#include <algorithm>
#include <array>

namespace ambassador::balance {
namespace {

/// Each just below a power of two. The last serves 10 000 endpoints well, and as many as it has places at all.
constexpr std::array<std::uint32_t, 6> table_sizes{1021, 4093, 16'381, 65'521, 262'139, 1'048'573};

constexpr std::uint32_t nobody = UINT32_MAX;

/// A candidate's own order of the table's places: `offset`, `offset + skip`, …; each once, because the size is a prime.
struct Walk {
  std::uint32_t candidate = 0;
  std::uint64_t next = 0;
  std::uint64_t skip = 1;
  double share = 1;  ///< of a turn, 1 for the heaviest
  double due = 0;    ///< turns that it may take
};

std::uint32_t table_size(std::size_t candidates) noexcept {
  auto const wanted = candidates * maglev_places;
  auto const found = std::find_if(table_sizes.begin(), table_sizes.end(), [&](auto size) { return size >= wanted; });
  return found == table_sizes.end() ? table_sizes.back() : *found;
}

std::vector<Walk> walks(std::span<Candidate const> candidates, std::uint32_t size) {
  std::uint32_t heaviest = 0;
  for (auto const& candidate : candidates) heaviest = std::max(heaviest, candidate.weight);
  std::vector<Walk> all;
  for (std::uint32_t i = 0; i < candidates.size(); ++i) {
    auto const& candidate = candidates[i];
    if (candidate.weight == 0 && heaviest > 0) continue;
    auto const identity = candidate.id == 0 ? i + 1 : candidate.id;
    auto const share = heaviest == 0 ? 1 : static_cast<double>(candidate.weight) / heaviest;
    all.push_back({i, mix(identity) % size, 1 + mix(~identity) % (size - 1), share, 0});
  }
  // The turns' order must not depend on the order in which the endpoints were found.
  std::sort(all.begin(), all.end(), [&](Walk const& a, Walk const& b) {
    return candidates[a.candidate].id < candidates[b.candidate].id ||
           (candidates[a.candidate].id == candidates[b.candidate].id && a.candidate < b.candidate);
  });
  return all;
}

}  // namespace

std::vector<std::uint32_t> maglev_table(std::span<Candidate const> candidates) {
  if (candidates.empty()) return {};
  auto const size = table_size(candidates.size());
  auto turns = walks(candidates, size);
  std::vector<std::uint32_t> table(size, nobody);
  for (std::uint32_t taken = 0;;) {
    for (auto& walk : turns) {
      walk.due += walk.share;
      if (walk.due < 1) continue;
      walk.due -= 1;
      while (table[walk.next] != nobody) walk.next = (walk.next + walk.skip) % size;
      table[walk.next] = walk.candidate;
      if (++taken == size) return table;
    }
  }
}

}  // namespace ambassador::balance
