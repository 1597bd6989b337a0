// Which endpoint a key belongs to, for everybody who knows the same endpoints: the look-up table of Eisenbud et al.,
// "Maglev: A Fast and Reliable Software Network Load Balancer" (NSDI 2016), section 3.4.
#pragma once

#include "balance/endpoint.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ambassador::balance {

/// Places in the table for each endpoint: shares are then within a few per cent of their weights.
inline constexpr std::size_t maglev_places = 100;

/// Places of candidates, in turns by their weights. Its size is a prime. Empty where there are no candidates.
std::vector<std::uint32_t> maglev_table(std::span<Candidate const> candidates);

}  // namespace ambassador::balance
