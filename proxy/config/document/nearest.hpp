// Which right name a wrong one was probably meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ambassador::config {

/// `did you mean "listen"?` where a candidate is near, by the number of letters inserted, removed, replaced or swapped;
/// else `known here: …`; empty where there are no candidates.
std::string did_you_mean(std::string_view text, std::vector<std::string> const& candidates);

/// The near candidate alone, or an empty text.
std::string nearest(std::string_view text, std::vector<std::string> const& candidates);

}  // namespace ambassador::config
