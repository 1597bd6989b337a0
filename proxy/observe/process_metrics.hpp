// The `process_*` families that every Prometheus client exports, from /proc/self.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace ambassador::observe {

/// Appends one family for each fact that could be read; a fact that could not is left out.
void append_process_families(std::vector<prometheus::MetricFamily>& out);

}  // namespace ambassador::observe
