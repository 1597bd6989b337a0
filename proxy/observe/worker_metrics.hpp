// What one worker counts: written by its thread alone with a handful of plain adds, read by a scrape at any time. A
// mapping that was never called costs a pointer; one that was, about half a kilobyte.
#pragma once

#include "observe/call_record.hpp"
#include "observe/counter.hpp"
#include "observe/counter_chain.hpp"
#include "observe/reason.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string_view>

namespace ambassador::observe {

/// The `method` and `code` labels of a call in one word, so that it is the key of a counter.
struct CallKey {
  std::uint32_t value = 0;

  static CallKey of(CallRecord const& record) noexcept;
  /// What a mapping with too many methods and codes counts the rest as: both are `other`.
  static constexpr CallKey other() noexcept { return {UINT32_MAX}; }

  [[nodiscard]] std::string_view method() const noexcept;  ///< a method of RFC 9110, PATCH or TCP, else "other"
  [[nodiscard]] std::string_view code() const noexcept;    ///< three digits; "0" where the client got nothing
  /// Whether the client got no answer, or one that says that it is not its fault.
  [[nodiscard]] bool is_failure() const noexcept;
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

/// What became of a call that no mapping decided: it went on, by the allow list or by `unmapped`, was blocked, or was answered
/// before the map was asked.
enum class Unmapped : std::uint8_t { passed, blocked, refused };

inline constexpr std::size_t unmapped_count = static_cast<std::size_t>(Unmapped::refused) + 1;

struct UnmappedCounters {
  Counter calls;
  Counter failed;  ///< as in CallCounts
  Counter retries;
  Counter bytes_in;
  Counter bytes_out;
  DurationHistogram duration;  ///< but of tunnels, which last as long as they are used
};

using ReasonCounters = std::array<Counter, reason_count>;

/// How many there are to be counted.
struct SeriesCounts {
  std::size_t mappings = 0;
  std::size_t allowed = 0;
  std::size_t listeners = 0;
};

class alignas(64) WorkerMetrics {
 public:
  explicit WorkerMetrics(SeriesCounts const& counts) { make_room(counts); }
  ~WorkerMetrics();
  WorkerMetrics(WorkerMetrics const&) = delete;
  WorkerMetrics& operator=(WorkerMetrics const&) = delete;

  // The worker's thread only.

  /// For more than before, after a reload; what was counted stays.
  void make_room(SeriesCounts const& counts);
  /// Once, at the call's end. Allocates on the first call of a mapping, or of a method and status there, only.
  void record(CallRecord const& record) noexcept;
  void connection_opened(std::size_t listener) noexcept { connections_[listener].add(1); }
  void connection_closed(std::size_t listener) noexcept { connections_[listener].subtract(1); }
  /// Another try was made because of `reason`.
  void retried(std::uint32_t mapping, Reason reason) noexcept;
  void mirrored(std::uint32_t mapping, Mirrored result) noexcept;

  // Any thread.

  /// Null where nothing was counted yet.
  [[nodiscard]] MappingCounters const* series(std::size_t i) const;
  /// The same of calls that no mapping decided.
  [[nodiscard]] MappingCounters const* none() const noexcept { return none_.load(std::memory_order_acquire); }
  [[nodiscard]] UnmappedCounters const& unmapped(Unmapped fate) const noexcept {
    return unmapped_[static_cast<std::size_t>(fate)];
  }
  [[nodiscard]] ReasonCounters const& blocked() const noexcept { return blocked_; }
  [[nodiscard]] ReasonCounters const& reported() const noexcept { return reported_; }
  [[nodiscard]] ReasonCounters const& refused() const noexcept { return refused_; }
  /// Neither blocked, reported nor refused.
  [[nodiscard]] ReasonCounters const& failed() const noexcept { return failed_; }
  /// Calls that an allow entry let pass, by the number of its series.
  [[nodiscard]] std::uint64_t allowed(std::size_t i) const { return value_of(allowed_, i); }
  [[nodiscard]] std::uint64_t connections(std::size_t listener) const { return value_of(connections_, listener); }

 private:
  using Slot = std::atomic<MappingCounters*>;

  MappingCounters& counters(std::uint32_t mapping);
  [[nodiscard]] std::uint64_t value_of(std::deque<Counter> const& counters, std::size_t i) const;
  void record_unmapped(CallRecord const& record) noexcept;
  void record_reason(CallRecord const& record) noexcept;
  void count_allowed(std::uint32_t allow_rule) noexcept;

  // They only grow, and what is in them stays where it is: the worker, which alone makes them grow, looks without a lock.
  mutable std::mutex growth_;
  std::deque<Slot> calls_;
  std::deque<Counter> connections_;
  std::deque<Counter> allowed_;
  Slot none_{nullptr};
  std::array<UnmappedCounters, unmapped_count> unmapped_;
  ReasonCounters blocked_;
  ReasonCounters reported_;
  ReasonCounters refused_;
  ReasonCounters failed_;
};

}  // namespace ambassador::observe
