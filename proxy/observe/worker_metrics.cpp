#include "observe/worker_metrics.hpp"

#include <algorithm>

namespace ambassador::observe {
namespace {

constexpr std::array<std::string_view, 10> methods{"GET",     "HEAD",    "POST",  "PUT",   "DELETE",
                                                   "CONNECT", "OPTIONS", "TRACE", "PATCH", name(CallProtocol::tcp)};
/// What all connections are counted as: the last of `methods`.
constexpr std::uint32_t connection_method = methods.size() - 1;
constexpr std::uint32_t method_shift = 10;
constexpr std::uint32_t code_mask = (1U << method_shift) - 1;
constexpr int max_code = 999;

/// "000" to "999": codes are views into it.
constexpr auto code_digits = [] {
  std::array<char, (max_code + 1) * 3> digits{};
  for (std::size_t i = 0; i <= max_code; ++i) {
    digits[i * 3] = static_cast<char>('0' + i / 100);
    digits[i * 3 + 1] = static_cast<char>('0' + i / 10 % 10);
    digits[i * 3 + 2] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

Unmapped fate_of(CallRecord const& record) noexcept {
  if (record.refused || record.decision == Decision::local) return Unmapped::refused;
  return record.decision == Decision::blocked ? Unmapped::blocked : Unmapped::passed;
}

/// Whether it became a tunnel: its time says for how long it was used, and nothing of how fast an answer came.
bool is_tunnel(CallRecord const& record) noexcept {
  return is_connection(record.protocol) || record.status == 101 || (record.method == "CONNECT" && record.status / 100 == 2);
}

}  // namespace

CallKey CallKey::of(CallRecord const& record) noexcept {
  auto const method = static_cast<std::uint32_t>(std::find(methods.begin(), methods.end(), record.method) - methods.begin());
  auto const code = static_cast<std::uint32_t>(std::clamp(record.status, 0, max_code));
  return {method << method_shift | code};
}

std::string_view CallKey::method() const noexcept {
  auto const i = value >> method_shift;
  return i < methods.size() ? methods[i] : "other";
}

std::string_view CallKey::code() const noexcept {
  if (value == other().value) return "other";
  auto const code = value & code_mask;
  return code == 0 ? std::string_view{"0"} : std::string_view{code_digits.data() + code * 3, 3};
}

bool CallKey::is_failure() const noexcept {
  return code().starts_with('5') || (code() == "0" && value >> method_shift != connection_method);
}

WorkerMetrics::~WorkerMetrics() {
  for (auto& call : calls_) delete call.load(std::memory_order_relaxed);
  delete none_.load(std::memory_order_relaxed);
}

void WorkerMetrics::make_room(SeriesCounts const& counts) {
  std::lock_guard const lock{growth_};
  while (calls_.size() < counts.mappings) calls_.emplace_back(nullptr);
  while (allowed_.size() < counts.allowed) allowed_.emplace_back();
  while (connections_.size() < counts.listeners) connections_.emplace_back();
}

MappingCounters const* WorkerMetrics::series(std::size_t i) const {
  std::lock_guard const lock{growth_};
  return i < calls_.size() ? calls_[i].load(std::memory_order_acquire) : nullptr;
}

std::uint64_t WorkerMetrics::value_of(std::deque<Counter> const& counters, std::size_t i) const {
  std::lock_guard const lock{growth_};
  return i < counters.size() ? counters[i].value() : 0;
}

void WorkerMetrics::record(CallRecord const& record) noexcept {
  MappingCounters& call = counters(record.mapping);
  call.requests.at(CallKey::of(record).value, CallKey::other().value).add(1);
  call.duration.observe(record.duration);
  if (record.upstream_duration.count() > 0) call.upstream_duration.observe(record.upstream_duration);
  call.bytes_in.add(record.bytes_in);
  call.bytes_out.add(record.bytes_out);
  if (record.allow_rule != no_allow_rule) count_allowed(record.allow_rule);
  record_reason(record);
  if (record.mapping == no_mapping) record_unmapped(record);
}

void WorkerMetrics::record_unmapped(CallRecord const& record) noexcept {
  auto& counters = unmapped_[static_cast<std::size_t>(fate_of(record))];
  counters.calls.add(1);
  if (CallKey::of(record).is_failure()) counters.failed.add(1);
  counters.bytes_in.add(record.bytes_in);
  counters.bytes_out.add(record.bytes_out);
  if (!is_tunnel(record)) counters.duration.observe(record.duration);
}

void WorkerMetrics::count_allowed(std::uint32_t allow_rule) noexcept {
  if (allow_rule < allowed_.size()) allowed_[allow_rule].add(1);
}

void WorkerMetrics::record_reason(CallRecord const& record) noexcept {
  auto const reason = static_cast<std::size_t>(record.reason_code);
  if (record.refused)
    refused_[reason].add(1);
  else if (record.decision == Decision::blocked)
    blocked_[reason].add(1);
  else if (record.decision == Decision::reported)
    reported_[reason].add(1);
  else if (record.reason_code != Reason::none)
    failed_[reason].add(1);
}

void WorkerMetrics::retried(std::uint32_t mapping, Reason reason) noexcept {
  auto const key = static_cast<std::uint32_t>(reason);
  counters(mapping).retries.at(key, key).add(1);
  if (mapping == no_mapping) unmapped_[static_cast<std::size_t>(Unmapped::passed)].retries.add(1);
}

void WorkerMetrics::mirrored(std::uint32_t mapping, Mirrored result) noexcept {
  auto const key = static_cast<std::uint32_t>(result);
  counters(mapping).mirrored.at(key, key).add(1);
}

MappingCounters& WorkerMetrics::counters(std::uint32_t mapping) {
  auto& slot = mapping < calls_.size() ? calls_[mapping] : none_;
  MappingCounters* call = slot.load(std::memory_order_relaxed);
  if (call == nullptr) {
    call = new MappingCounters;
    slot.store(call, std::memory_order_release);
  }
  return *call;
}

}  // namespace ambassador::observe
