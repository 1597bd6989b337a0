// What is said of reloads: in the log, in the metrics, and on /readyz.
#pragma once

#include "config/diagnostic.hpp"
#include "observe/event_log.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::admin {

/// How reading the configuration again went the last time.
struct LastReload {
  std::string time;                 ///< RFC 3339, in seconds
  std::vector<std::string> faults;  ///< why it was not taken; empty if all is well
};

class ReloadReport {
 public:
  /// The configuration of the start is in force.
  ReloadReport(observe::EventLog& events, prometheus::Registry& registry);

  /// `what` is it, and what of it is new.
  void succeeded(std::string_view what);
  /// There was nothing to read again.
  void skipped(std::string_view why);
  /// The configuration of `origin` was not taken for these reasons, at least one.
  void failed(std::string_view origin, std::vector<std::string> const& faults);
  void warn(std::string_view what) { events_.warn("{}", what); }

  /// Behind "ready" while another configuration is in force than the one that was read last; empty if all is well.
  [[nodiscard]] std::string const& trouble() const noexcept { return trouble_; }
  /// When the configuration in force was read, to the second.
  [[nodiscard]] std::string const& since() const noexcept { return since_; }
  /// Of the configuration in force: that of the start is 1.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  /// Returns nullopt if it was read only once.
  [[nodiscard]] std::optional<LastReload> const& last() const noexcept { return last_; }

 private:
  void in_force_since_now();

  observe::EventLog& events_;
  prometheus::Counter& good_;
  prometheus::Counter& bad_;
  prometheus::Gauge& last_was_good_;
  prometheus::Gauge& last_good_time_;
  std::string since_;  ///< when the one in force was read
  std::uint64_t number_ = 0;
  std::string trouble_;
  std::optional<LastReload> last_;
};

}  // namespace ambassador::admin
