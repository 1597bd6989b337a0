#include "config/settings/retry.hpp"

#include "base/bytes.hpp"
#include "config/settings/values.hpp"
#include "config/units.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {
namespace {

void read_causes(Node const& node, Retry& retry, Report& report) {
  retry.on_connect = retry.on_reset = false;
  retry.on.clear();
  for (auto entry = node.children.begin(); entry != node.children.end(); ++entry) {
    if (!read_choice(*entry, report)) continue;
    if (std::any_of(node.children.begin(), entry, [&](Node const& other) { return other.text == entry->text; })) {
      refuse(report, *entry, "the same cause twice");
    } else if (auto const status = parse_decimal(entry->text)) {
      retry.on.push_back(static_cast<std::uint16_t>(*status));
    } else {
      (entry->text == "connect" ? retry.on_connect : retry.on_reset) = true;
    }
  }
  std::sort(retry.on.begin(), retry.on.end());
}

}  // namespace

Retry default_retry(SourceScheme scheme) {
  auto const& row = row_of(scheme).retry;
  Retry retry;
  retry.on_reset = row.on_reset;
  retry.on.assign(row.on.begin(), row.on.end());
  return retry;
}

Retry read_retry(Node const& node, Retry retry, Milliseconds response, Report& report) {
  read_count_of(node, "attempts", retry.attempts, report);
  if (auto const* const on = node.find("on")) read_causes(*on, retry, report);
  auto const* const per_try = node.find("per_try");
  if (per_try == nullptr) return retry;
  retry.per_try = read_duration(*per_try, report);
  if (!retry.per_try || *retry.per_try <= response) return retry;
  refuse(report, *per_try, "retry.per_try must not be longer than timeout.response, which is for all tries together",
         fmt::format("they are {} and {}", duration_text(*retry.per_try), duration_text(response)));
  return retry;
}

}  // namespace ambassador::config
