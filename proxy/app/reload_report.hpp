// What is said of reloads: in the log, in the metrics, and on /readyz.
#pragma once

#include "config/load.hpp"
#include "observe/event_log.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <string>
#include <string_view>
#include <vector>

namespace ambassador::app {

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

  /// Behind "ready" while another configuration is in force than the one that was read last; empty where all is well.
  [[nodiscard]] std::string const& trouble() const noexcept { return trouble_; }

 private:
  void in_force_since_now();

  observe::EventLog& events_;
  prometheus::Counter& good_;
  prometheus::Counter& bad_;
  prometheus::Gauge& last_was_good_;
  prometheus::Gauge& last_good_time_;
  std::string since_;  ///< when the one in force was read
  std::string trouble_;
};

}  // namespace ambassador::app
