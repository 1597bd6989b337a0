// The counters of the process: each worker's own, added up when somebody asks, and a registry for what is rare. The values
// of labels come from the configuration and from closed lists only, so their number is bounded. A reload adds series and
// takes none away: a source that comes back goes on counting where it was.
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
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace ambassador::observe {

/// The `mapping` label of a call that no mapping decided.
inline constexpr std::string_view no_mapping_label = "none";

enum class DnsResult : std::uint8_t { ok, no_address, failed, timed_out };

/// Where the calls of one configuration are counted: the numbers of series, by the indexes of its map and its allow list.
struct Series {
  std::vector<std::uint32_t> mappings;
  std::vector<std::uint32_t> allowed;
};

/// What all workers counted for one source since the start.
struct CallCounts {
  std::uint64_t calls = 0;
  std::uint64_t failed = 0;  ///< answered with 5xx, or not at all; of a tcp:// source nothing is known
  std::uint64_t retries = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::array<std::uint64_t, DurationHistogram::bucket_count> durations{};  ///< calls by bucket, each for itself
};

/// Calls that the map did not let pass, or would not have.
struct UncoveredCounts {
  std::uint64_t blocked = 0;
  std::uint64_t reported = 0;
};

class Metrics final : public prometheus::Collectable {
 public:
  /// `mappings` and `allowed` as in `count_by`; `listeners` the addresses, in the order of WorkerMetrics::connection_opened.
  Metrics(std::vector<std::string> const& mappings, std::vector<std::string> const& listeners, std::size_t workers,
          std::string const& version, std::vector<std::string> const& allowed = {});
  ~Metrics() override;
  Metrics(Metrics const&) = delete;
  Metrics& operator=(Metrics const&) = delete;

  [[nodiscard]] std::size_t workers() const noexcept { return workers_.size(); }
  [[nodiscard]] WorkerMetrics& worker(std::size_t i) noexcept { return *workers_[i]; }

  // From any thread.

  /// Another configuration comes into force: its sources and its allow entries as written, in their order; equal ones share
  /// their series. Each worker needs room for `counts()` before it counts by the new numbers.
  Series count_by(std::vector<std::string> const& mappings, std::vector<std::string> const& allowed);
  /// The number of the listener at this address, of WorkerMetrics::connection_opened. Room as above.
  std::size_t listener(std::string const& address);
  [[nodiscard]] SeriesCounts counts() const;

  void dns_resolved(DnsResult result) { dns_[static_cast<std::size_t>(result)]->Increment(); }
  /// For LogWriter.
  [[nodiscard]] prometheus::Counter& log_lines_dropped() noexcept { return *log_lines_dropped_; }
  [[nodiscard]] prometheus::Counter const& log_lines_dropped() const noexcept { return *log_lines_dropped_; }
  /// For counters that no call touches; take the counter once, and keep it.
  [[nodiscard]] prometheus::Registry& registry() noexcept { return registry_; }

  /// Asks for a family of somebody else's at each scrape, on the scraping thread. Before the first scrape.
  void also_collect(std::function<prometheus::MetricFamily()> family) { others_.push_back(std::move(family)); }

  /// Calls of each mapping of the configuration in force so far, by its index; those that share their series count as one.
  [[nodiscard]] std::vector<std::uint64_t> mapping_uses() const;
  /// Calls that each of its allow entries let pass so far, by its index.
  [[nodiscard]] std::vector<std::uint64_t> allow_uses() const;
  /// Of each mapping of the configuration in force, by its index; those that share their series have equal counts.
  [[nodiscard]] std::vector<CallCounts> call_counts() const;
  /// Of calls that no mapping decided, by what became of them.
  [[nodiscard]] CallCounts unmapped_counts(Unmapped fate) const;
  [[nodiscard]] UncoveredCounts uncovered_counts() const;

  /// Every family, while the workers go on counting.
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

  /// The same in Prometheus' text format 0.0.4.
  [[nodiscard]] std::string expose() const;

 private:
  void collect_calls(std::vector<prometheus::MetricFamily>& out) const;
  void collect_decisions(std::vector<prometheus::MetricFamily>& out) const;
  void collect_connections(std::vector<prometheus::MetricFamily>& out) const;

  /// Texts, each of which has a number.
  class Names {
   public:
    std::uint32_t number_of(std::string const& text);
    [[nodiscard]] std::vector<std::string> const& all() const noexcept { return all_; }

   private:
    std::vector<std::string> all_;
    std::unordered_map<std::string, std::uint32_t> numbers_;
  };

  mutable std::mutex names_;  // never taken on a request's path
  Names mappings_;
  Names allowed_;
  Names listeners_;
  Series in_force_;
  std::vector<std::unique_ptr<WorkerMetrics>> workers_;
  prometheus::Registry registry_;
  std::vector<std::function<prometheus::MetricFamily()>> others_;
  std::array<prometheus::Counter*, 4> dns_{};
  prometheus::Counter* log_lines_dropped_ = nullptr;
};

}  // namespace ambassador::observe
