// What a request would do, and why: the answer of `explain`, of the admin port's /explain, and of `expect`.
#pragma once

#include "route/snapshot.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ambassador::route {

struct Explanation {
  std::string method;
  std::string url;       ///< canonical, or as it came where it could not be understood
  std::string decision;  ///< mapped, allowed, reported, blocked or refused
  std::string rule;      ///< the source or the allow entry, with its place
  std::string target;    ///< the URL it would go to, by its first target; empty where it goes nowhere
  std::string changes;   ///< what happens to it on its way; empty: nothing
  std::string reason;    ///< why it is blocked or refused
  std::string paste;     ///< lines that would let it pass
  /// `target` and the URLs by the source's other targets, without those of weight 0. A list of targets that is not there
  /// is shown by its own name, `file:///path`.
  std::vector<std::string> targets;

  /// Whether one of the targets is this URL, or may be: of a list that is not there nothing is known.
  [[nodiscard]] bool may_go_to(std::string_view wanted) const;
  [[nodiscard]] bool passes() const noexcept { return !target.empty(); }
};

Explanation explain(Rules const& rules, std::string_view method, std::string_view url);

std::string to_text(Explanation const& explanation);
std::string to_json(Explanation const& explanation);

}  // namespace ambassador::route
