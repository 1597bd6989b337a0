// `suggest`: from what a running ambassador has seen, or from its access log, to lines for the configuration.
#pragma once

#include "observe/logged_call.hpp"
#include "observe/metrics.hpp"
#include "route/seen.hpp"
#include "route/snapshot.hpp"

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::admin {

/// The answer of /suggest: `seen` is what the workers saw.
std::string suggest_seen(route::Snapshot const& snapshot, observe::Metrics const& metrics, route::SeenCalls const& seen);

/// A log, line by line. With a snapshot, calls that its rules cover are left out and counted as uses.
class LogSuggestion {
 public:
  /// A longer line is not ours.
  static constexpr std::size_t max_line = 256 * 1024;

  /// `snapshot` may be null; else it is borrowed.
  explicit LogSuggestion(route::Snapshot const* snapshot);

  /// All lines until the end.
  void read(std::istream& log);
  void take(std::string_view line);
  [[nodiscard]] std::string text() const;

 private:
  bool is_covered(observe::LoggedCall const& call, route::RequestUrl const& url, std::uint16_t listener_port);

  route::Snapshot const* snapshot_;
  route::SeenTally seen_;
  std::vector<std::uint64_t> map_uses_;
  std::vector<std::uint64_t> allow_uses_;
  std::uint64_t not_ours_ = 0;  ///< lines
};

}  // namespace ambassador::admin
