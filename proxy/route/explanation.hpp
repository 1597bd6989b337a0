// What a request would do, and why: the answer of `explain`, of the admin port's /explain, and of `expect`.
#pragma once

#include "route/snapshot.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ambassador::route {

/// The answer, part by part.
struct Explanation {
  std::string method;
  std::string url;       ///< canonical, or as it came if it could not be understood
  std::string decision;  ///< mapped, allowed, reported, blocked or refused
  std::string rule;      ///< the source or the allow entry, with its place
  std::string target;    ///< the URL it would go to, by its first target; empty if it goes nowhere
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

/// Decides on a call that a user typed. `url` is an absolute URL, or `host:port` if `method` is CONNECT.
Explanation explain(Rules const& rules, std::string_view method, std::string_view url);

/// Returns the answer in lines for a reader.
std::string to_text(Explanation const& explanation);
/// Returns the answer as one JSON object.
std::string to_json(Explanation const& explanation);

}  // namespace ambassador::route
