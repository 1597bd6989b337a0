#include "observe/metrics.hpp"

#include "observe/process_metrics.hpp"

#include <prometheus/gauge.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <utility>

namespace ambassador::observe {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

namespace {

constexpr double nanoseconds_in_second = 1e9;
constexpr double microseconds_in_second = 1e6;

using Labels = std::vector<ClientMetric::Label>;

ClientMetric counter(Labels labels, std::uint64_t value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = static_cast<double>(value);
  return metric;
}

ClientMetric gauge(Labels labels, std::uint64_t value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = static_cast<double>(value);
  return metric;
}

struct HistogramSum {
  std::array<std::uint64_t, DurationHistogram::bucket_count> buckets{};
  std::uint64_t nanoseconds = 0;

  void add(DurationHistogram const& histogram) {
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += histogram.bucket(i);
    nanoseconds += histogram.sum_nanoseconds();
  }

  /// Nothing where nothing was observed.
  void append_to(MetricFamily& family, std::string const& mapping) const {
    ClientMetric metric;
    metric.label = {{"mapping", mapping}};
    auto& histogram = metric.histogram;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      histogram.sample_count += buckets[i];
      double const bound =
          i < duration_bounds.size() ? duration_bounds[i] / microseconds_in_second : std::numeric_limits<double>::infinity();
      histogram.bucket.push_back({histogram.sample_count, bound});
    }
    if (histogram.sample_count == 0) return;
    histogram.sample_sum = static_cast<double>(nanoseconds) / nanoseconds_in_second;
    family.metric.push_back(std::move(metric));
  }
};

/// What all workers counted for one mapping.
struct CallSum {
  std::map<std::uint32_t, std::uint64_t> requests;
  std::map<std::uint32_t, std::uint64_t> retries;
  std::map<std::uint32_t, std::uint64_t> mirrored;
  HistogramSum duration;
  HistogramSum upstream_duration;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  void add(MappingCounters const& counters) {
    counters.requests.for_each([&](std::uint32_t key, std::uint64_t n) { requests[key] += n; });
    counters.retries.for_each([&](std::uint32_t key, std::uint64_t n) { retries[key] += n; });
    counters.mirrored.for_each([&](std::uint32_t key, std::uint64_t n) { mirrored[key] += n; });
    duration.add(counters.duration);
    upstream_duration.add(counters.upstream_duration);
    bytes_in += counters.bytes_in.value();
    bytes_out += counters.bytes_out.value();
  }
};

struct CallFamilies {
  MetricFamily requests{
      "ambassador_requests_total", "Calls, by mapping, method and the status the client got.", MetricType::Counter, {}};
  MetricFamily duration{
      "ambassador_request_duration_seconds", "From the request head to the end of the response.", MetricType::Histogram, {}};
  MetricFamily upstream_duration{"ambassador_upstream_duration_seconds",
                                 "From the request sent upstream to the response head.",
                                 MetricType::Histogram,
                                 {}};
  MetricFamily bytes{"ambassador_bytes_total", "Body bytes from (in) and to (out) clients.", MetricType::Counter, {}};
  MetricFamily retries{
      "ambassador_retries_total", "Further tries of a call, by what made them necessary.", MetricType::Counter, {}};
  MetricFamily mirrored{
      "ambassador_mirrored_total",
      "Calls that were to be copied for the source's mirror, by what became of the copy: answered, failed, or "
      "skipped because its body was too large or too many copies were under way.",
      MetricType::Counter,
      {}};

  void add(std::string const& mapping, CallSum const& sum) {
    for (auto const& [value, n] : sum.requests) {
      CallKey const key{value};
      Labels labels{{"mapping", mapping}, {"method", std::string{key.method()}}, {"code", std::string{key.code()}}};
      requests.metric.push_back(counter(std::move(labels), n));
    }
    for (auto const& [value, n] : sum.retries) {
      auto const reason = code(static_cast<Reason>(value));
      retries.metric.push_back(counter({{"mapping", mapping}, {"reason", std::string{reason}}}, n));
    }
    for (auto const& [value, n] : sum.mirrored) {
      constexpr std::array<std::string_view, 3> results{"answered", "failed", "skipped"};
      mirrored.metric.push_back(counter({{"mapping", mapping}, {"result", std::string{results[value]}}}, n));
    }
    sum.duration.append_to(duration, mapping);
    sum.upstream_duration.append_to(upstream_duration, mapping);
    bytes.metric.push_back(counter({{"mapping", mapping}, {"direction", "in"}}, sum.bytes_in));
    bytes.metric.push_back(counter({{"mapping", mapping}, {"direction", "out"}}, sum.bytes_out));
  }
};

CallCounts counts_of(CallSum const& sum) {
  CallCounts counts{.bytes_in = sum.bytes_in, .bytes_out = sum.bytes_out, .durations = sum.duration.buckets};
  for (auto const& [key, n] : sum.requests) {
    counts.calls += n;
    if (CallKey{key}.is_failure()) counts.failed += n;
  }
  for (auto const& [reason, n] : sum.retries) counts.retries += n;
  return counts;
}

std::uint64_t sum_of(ReasonCounters const& counters) {
  return std::accumulate(counters.begin(), counters.end(), std::uint64_t{0},
                         [](std::uint64_t sum, Counter const& counter) { return sum + counter.value(); });
}

}  // namespace

std::uint32_t Metrics::Names::number_of(std::string const& text) {
  auto const [at, is_new] = numbers_.try_emplace(text, static_cast<std::uint32_t>(all_.size()));
  if (is_new) all_.push_back(text);
  return at->second;
}

Metrics::Metrics(std::vector<std::string> const& mappings, std::vector<std::string> const& listeners, std::size_t workers,
                 std::string const& version, std::vector<std::string> const& allowed) {
  count_by(mappings, allowed);
  for (auto const& address : listeners) listener(address);
  for (std::size_t i = 0; i < workers; ++i) workers_.push_back(std::make_unique<WorkerMetrics>(counts()));

  auto& dns = prometheus::BuildCounter()
                  .Name("ambassador_dns_resolutions_total")
                  .Help("Names looked up, by what came of it.")
                  .Register(registry_);
  static constexpr std::array results{"ok", "no_address", "failed", "timed_out"};
  for (std::size_t i = 0; i < results.size(); ++i) dns_[i] = &dns.Add({{"result", results[i]}});
  log_lines_dropped_ = &prometheus::BuildCounter()
                            .Name("ambassador_log_lines_dropped_total")
                            .Help("Lines of the access log that its reader was too slow for.")
                            .Register(registry_)
                            .Add({});
  prometheus::BuildGauge()
      .Name("ambassador_build_info")
      .Help("Always 1; the version is in the label.")
      .Register(registry_)
      .Add({{"version", version}})
      .Set(1);
}

Metrics::~Metrics() = default;

Series Metrics::count_by(std::vector<std::string> const& mappings, std::vector<std::string> const& allowed) {
  std::lock_guard const lock{names_};
  in_force_ = {};
  for (auto const& mapping : mappings) in_force_.mappings.push_back(mappings_.number_of(mapping));
  for (auto const& entry : allowed) in_force_.allowed.push_back(allowed_.number_of(entry));
  return in_force_;
}

std::size_t Metrics::listener(std::string const& address) {
  std::lock_guard const lock{names_};
  return listeners_.number_of(address);
}

SeriesCounts Metrics::counts() const {
  std::lock_guard const lock{names_};
  return {mappings_.all().size(), allowed_.all().size(), listeners_.all().size()};
}

std::vector<std::uint64_t> Metrics::mapping_uses() const {
  std::lock_guard const lock{names_};
  std::vector<std::uint64_t> uses;
  for (auto const series : in_force_.mappings) {
    auto& sum = uses.emplace_back(0);
    for (auto const& worker : workers_) {
      auto const* counters = worker->series(series);
      if (counters != nullptr) counters->requests.for_each([&](std::uint32_t, std::uint64_t n) { sum += n; });
    }
  }
  return uses;
}

std::vector<std::uint64_t> Metrics::allow_uses() const {
  std::lock_guard const lock{names_};
  std::vector<std::uint64_t> uses;
  for (auto const series : in_force_.allowed) {
    auto& sum = uses.emplace_back(0);
    for (auto const& worker : workers_) sum += worker->allowed(series);
  }
  return uses;
}

std::vector<CallCounts> Metrics::call_counts() const {
  std::lock_guard const lock{names_};
  std::vector<CallCounts> counts;
  for (auto const series : in_force_.mappings) {
    CallSum sum;
    for (auto const& worker : workers_) {
      if (auto const* counters = worker->series(series)) sum.add(*counters);
    }
    counts.push_back(counts_of(sum));
  }
  return counts;
}

CallCounts Metrics::unmapped_counts(Unmapped fate) const {
  CallCounts sum;
  for (auto const& worker : workers_) {
    auto const& counters = worker->unmapped(fate);
    sum.calls += counters.calls.value();
    sum.failed += counters.failed.value();
    sum.retries += counters.retries.value();
    sum.bytes_in += counters.bytes_in.value();
    sum.bytes_out += counters.bytes_out.value();
    for (std::size_t bucket = 0; bucket < sum.durations.size(); ++bucket) {
      sum.durations[bucket] += counters.duration.bucket(bucket);
    }
  }
  return sum;
}

UncoveredCounts Metrics::uncovered_counts() const {
  UncoveredCounts counts;
  for (auto const& worker : workers_) {
    counts.blocked += sum_of(worker->blocked());
    counts.reported += sum_of(worker->reported());
  }
  return counts;
}

std::vector<MetricFamily> Metrics::Collect() const {
  std::vector<MetricFamily> out;
  collect_calls(out);
  collect_decisions(out);
  collect_connections(out);
  auto rare = registry_.Collect();
  std::move(rare.begin(), rare.end(), std::back_inserter(out));
  for (auto const& family : others_) out.push_back(family());
  append_process_families(out);
  return out;
}

std::string Metrics::expose() const { return prometheus::TextSerializer{}.prometheus::Serializer::Serialize(Collect()); }

void Metrics::collect_calls(std::vector<MetricFamily>& out) const {
  CallFamilies families;
  auto const add = [&](std::string const& label, auto const& counters_of) {
    CallSum sum;
    bool called = false;
    for (auto const& worker : workers_) {
      MappingCounters const* const counters = counters_of(*worker);
      if (counters == nullptr) continue;
      called = true;
      sum.add(*counters);
    }
    if (called) families.add(label, sum);
  };
  {
    std::lock_guard const lock{names_};
    auto const& labels = mappings_.all();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      add(labels[i], [i](WorkerMetrics const& worker) { return worker.series(i); });
    }
  }
  add(std::string{no_mapping_label}, [](WorkerMetrics const& worker) { return worker.none(); });
  for (auto* family : {&families.requests, &families.duration, &families.upstream_duration, &families.bytes, &families.retries,
                       &families.mirrored}) {
    out.push_back(std::move(*family));
  }
}

void Metrics::collect_decisions(std::vector<MetricFamily>& out) const {
  using Expected = bool (*)(Reason);
  auto const add = [&](char const* name, char const* help, ReasonCounters const& (WorkerMetrics::*counters)() const noexcept,
                       Expected is_expected) {
    MetricFamily family{name, help, MetricType::Counter, {}};
    for (std::size_t value = 0; value < reason_count; ++value) {
      auto const reason = static_cast<Reason>(value);
      std::uint64_t n = 0;
      for (auto const& worker : workers_) n += ((*worker).*counters)()[value].value();
      if (n > 0 || is_expected(reason)) family.metric.push_back(counter({{"reason", std::string{code(reason)}}}, n));
    }
    out.push_back(std::move(family));
  };
  // What an alert looks at is there at 0 from the start: increase() of a series that begins at 1 is 0.
  Expected const verdicts = is_verdict;
  Expected const none = [](Reason) { return false; };
  Expected const failures = [](Reason reason) { return reason != Reason::none && !is_verdict(reason); };
  add("ambassador_blocked_total", "Calls that were blocked.", &WorkerMetrics::blocked, verdicts);
  add("ambassador_reported_total", "Calls that passed, and would be blocked with unmapped: block.", &WorkerMetrics::reported,
      verdicts);
  add("ambassador_failed_total", "Calls of the map or the allow list that did not end well, by why.", &WorkerMetrics::failed,
      failures);
  add("ambassador_refused_total", "Requests refused before the map was asked: malformed, looping, or too much.",
      &WorkerMetrics::refused, none);
}

void Metrics::collect_connections(std::vector<MetricFamily>& out) const {
  std::lock_guard const lock{names_};
  MetricFamily family{"ambassador_connections_active", "Client connections that are open.", MetricType::Gauge, {}};
  auto const& addresses = listeners_.all();
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    std::uint64_t active = 0;
    for (auto const& worker : workers_) active += worker->connections(i);
    family.metric.push_back(gauge({{"listener", addresses[i]}}, active));
  }
  out.push_back(std::move(family));
}

}  // namespace ambassador::observe
