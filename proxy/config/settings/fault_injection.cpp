#include "config/settings/fault_injection.hpp"

#include "config/settings/values.hpp"

namespace ambassador::config {

Fault read_fault(Node const& node, Report& report) {
  Fault fault;
  read_duration_of(node, "delay", fault.delay, report);
  read_count_of(node, "abort", fault.abort, report);
  read_percent_of(node, fault.share, report);
  if (node.find("delay") == nullptr && node.find("abort") == nullptr)
    report.error(node.where, node.path, "a fault has a delay, an abort or both", {}, "write {delay: 100ms}, or {abort: 503}");
  return fault;
}

}  // namespace ambassador::config
