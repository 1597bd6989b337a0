// What one worker counts: written by its thread alone with a handful of plain adds, read by a scrape at any time. A
// mapping that was never called costs a pointer; one that was, about half a kilobyte.
#pragma once

#include "observe/call_record.hpp"
#include "observe/counter.hpp"
#include "observe/counter_chain.hpp"
#include "observe/reason.hpp"
#include "observe/seen.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace ambassador::observe {

/// The `method` and `code` labels of a call in one word, so that it is the key of a counter.
struct CallKey {
  std::uint32_t value = 0;

  static CallKey of(CallRecord const& record) noexcept;
  /// What a mapping with too many methods and codes counts the rest as: both are `other`.
  static constexpr CallKey other() noexcept { return {UINT32_MAX}; }

  [[nodiscard]] std::string_view method() const noexcept;  ///< a method of RFC 9110, PATCH or TCP, else "other"
  [[nodiscard]] std::string_view code() const noexcept;    ///< three digits; "0" where the client got nothing
};

/// What became of a copy of a call for another target.
enum class Mirrored : std::uint8_t { answered, failed, skipped };

struct MappingCounters {
  CounterChain requests;  ///< by CallKey
  CounterChain retries;   ///< by Reason
  CounterChain mirrored;  ///< by Mirrored
  DurationHistogram duration;
  DurationHistogram upstream_duration;
  Counter bytes_in;
  Counter bytes_out;
};

using ReasonCounters = std::array<Counter, reason_count>;

class alignas(64) WorkerMetrics {
 public:
  /// `series[i]` is where mapping i is counted, below `series_count`; several may share one. It must outlive this.
  /// `allow_entries` are counted by CallRecord::allow_rule.
  WorkerMetrics(std::vector<std::uint32_t> const& series, std::size_t series_count, std::size_t listeners,
                std::size_t allow_entries);
  ~WorkerMetrics();
  WorkerMetrics(WorkerMetrics const&) = delete;
  WorkerMetrics& operator=(WorkerMetrics const&) = delete;

  // The worker's thread only.

  /// Once, at the call's end. Allocates on the first call of a mapping, or of a method and status there, only.
  void record(CallRecord const& record) noexcept;
  void connection_opened(std::size_t listener) noexcept { connections_[listener].add(1); }
  void connection_closed(std::size_t listener) noexcept { connections_[listener].subtract(1); }
  /// Another try was made because of `reason`.
  void retried(std::uint32_t mapping, Reason reason) noexcept;
  void mirrored(std::uint32_t mapping, Mirrored result) noexcept;
  /// What is called and not covered by the configuration.
  [[nodiscard]] Seen& seen() noexcept { return seen_; }

  // Any thread.

  /// Null where nothing was counted yet. The last series is `none`.
  [[nodiscard]] MappingCounters const* series(std::size_t i) const noexcept {
    return calls_[i].load(std::memory_order_acquire);
  }
  [[nodiscard]] ReasonCounters const& blocked() const noexcept { return blocked_; }
  [[nodiscard]] ReasonCounters const& reported() const noexcept { return reported_; }
  [[nodiscard]] ReasonCounters const& refused() const noexcept { return refused_; }
  /// Neither blocked, reported nor refused.
  [[nodiscard]] ReasonCounters const& failed() const noexcept { return failed_; }
  /// Calls that allow entry `i` let pass.
  [[nodiscard]] std::uint64_t allowed(std::size_t i) const noexcept { return allowed_[i].value(); }
  [[nodiscard]] Seen const& seen() const noexcept { return seen_; }
  [[nodiscard]] std::uint64_t connections(std::size_t listener) const noexcept { return connections_[listener].value(); }

 private:
  MappingCounters& counters(std::uint32_t mapping);
  void record_reason(CallRecord const& record) noexcept;
  void count_allowed(std::uint32_t allow_rule) noexcept;

  std::vector<std::uint32_t> const& series_;
  std::vector<std::atomic<MappingCounters*>> calls_;
  ReasonCounters blocked_;
  ReasonCounters reported_;
  ReasonCounters refused_;
  ReasonCounters failed_;
  std::vector<Counter> connections_;
  std::vector<Counter> allowed_;
  Seen seen_;
};

}  // namespace ambassador::observe
