#include "config/settings/mirror.hpp"

#include "config/settings/mapping_uri.hpp"
#include "config/settings/values.hpp"

namespace ambassador::config {

std::optional<Mirror> read_mirror(Node const& node, Report& report) {
  Mirror mirror;
  read_percent_of(node, mirror.share, report);
  auto const* const url = node.find("target");
  auto target = url != nullptr ? read_target(*url, MatchKind::exact, report) : std::nullopt;
  if (!target) return std::nullopt;
  if (target->query) refuse(report, *url, "a mirror has no query: the calls bring theirs");
  mirror.target = std::move(*target);
  return mirror;
}

}  // namespace ambassador::config
