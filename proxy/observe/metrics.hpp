// The counters of the process: each worker's own, added up when somebody asks, and a registry for what is rare. The values
// of labels come from the configuration and from closed lists only, so their number is bounded.
#pragma once

#include "observe/worker_metrics.hpp"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ambassador::observe {

/// The `mapping` label of a call that no mapping decided.
inline constexpr std::string_view no_mapping_label = "none";

enum class DnsResult : std::uint8_t { ok, no_address, failed, timed_out };

class Metrics final : public prometheus::Collectable {
 public:
  /// `mappings` are the sources as written, in the order of CallRecord::mapping (equal ones share their series);
  /// `listeners` the addresses, in the order of WorkerMetrics::connection_opened; `allow_entries` how many there are.
  Metrics(std::vector<std::string> mappings, std::vector<std::string> listeners, std::size_t workers, std::string version,
          std::size_t allow_entries = 0);
  ~Metrics() override;
  Metrics(Metrics const&) = delete;
  Metrics& operator=(Metrics const&) = delete;

  [[nodiscard]] std::size_t workers() const noexcept { return workers_.size(); }
  [[nodiscard]] WorkerMetrics& worker(std::size_t i) noexcept { return *workers_[i]; }

  // From any thread.

  void dns_resolved(DnsResult result) { dns_[static_cast<std::size_t>(result)]->Increment(); }
  /// For LogWriter.
  [[nodiscard]] prometheus::Counter& log_lines_dropped() noexcept { return *log_lines_dropped_; }
  /// For counters that no call touches; take the counter once, and keep it.
  [[nodiscard]] prometheus::Registry& registry() noexcept { return registry_; }

  /// Asks for a family of somebody else's at each scrape, on the scraping thread. Before the first scrape.
  void also_collect(std::function<prometheus::MetricFamily()> family) { others_.push_back(std::move(family)); }

  /// Calls of each mapping so far, by its index; those that share their series count as one.
  [[nodiscard]] std::vector<std::uint64_t> mapping_uses() const;
  /// Calls that each allow entry let pass so far, by its index.
  [[nodiscard]] std::vector<std::uint64_t> allow_uses() const;
  /// What all workers saw that the configuration does not cover; a destination may be there once for each.
  [[nodiscard]] SeenCalls seen() const;

  /// Every family, while the workers go on counting.
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

  /// The same in Prometheus' text format 0.0.4.
  [[nodiscard]] std::string expose() const;

 private:
  void collect_calls(std::vector<prometheus::MetricFamily>& out) const;
  void collect_decisions(std::vector<prometheus::MetricFamily>& out) const;
  void collect_connections(std::vector<prometheus::MetricFamily>& out) const;

  std::vector<std::string> labels_;    // of the series; the last is `none`
  std::vector<std::uint32_t> series_;  // mapping -> index into labels_
  std::vector<std::string> listeners_;
  std::size_t allow_entries_;
  std::vector<std::unique_ptr<WorkerMetrics>> workers_;
  prometheus::Registry registry_;
  std::vector<std::function<prometheus::MetricFamily()>> others_;
  std::array<prometheus::Counter*, 4> dns_{};
  prometheus::Counter* log_lines_dropped_ = nullptr;
};

}  // namespace ambassador::observe
