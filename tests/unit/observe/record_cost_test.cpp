// What a call may cost: these tests count allocations, so they replace operator new for their binary.
#include "observe/access_log.hpp"
#include "observe/metrics.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace {

std::atomic<std::size_t> allocated_bytes{0};

void* allocate(std::size_t size) {
  allocated_bytes += size;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc{};
}

}  // namespace

// GCC warns of a mismatch if it inlines only one of a pair: memory of `new` then goes to `free`.
[[gnu::noinline]] void* operator new(std::size_t size) { return allocate(size); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace ambassador::observe::record_cost_test {
namespace {

CallRecord call_of(std::uint32_t mapping) {
  CallRecord call;
  call.mapping = mapping;
  call.decision = Decision::mapped;
  call.method = "GET";
  call.source = "http://localhost/api";
  call.target = "http://numbers-api/rng";
  call.status = 200;
  call.duration = call.upstream_duration = std::chrono::milliseconds{1};
  return call;
}

TEST(RecordCost, nothing_is_allocated_after_the_first_call_of_its_kind) {
  Metrics metrics{{"http://a", "http://b"}, {"127.0.0.1:1080"}, 1, "1"};
  auto& worker = metrics.worker(0);
  auto call = call_of(1);
  worker.record(call);
  worker.retried(1, Reason::reset);
  std::size_t const before = allocated_bytes;
  for (int i = 0; i < 1000; ++i) {
    worker.connection_opened(0);
    worker.record(call);
    worker.retried(1, Reason::reset);
    worker.connection_closed(0);
  }
  EXPECT_EQ(allocated_bytes, before);
}

TEST(RecordCost, a_line_is_formatted_without_an_allocation) {
  std::string out;
  out.reserve(4096);
  auto const call = call_of(0);
  std::size_t const before = allocated_bytes;
  append_text(out, call, {});
  append_json(out, call, {LineFormat::json, true});
  EXPECT_EQ(allocated_bytes, before);
}

TEST(RecordCost, ten_thousand_mappings_cost_little_until_they_are_called_and_not_much_then) {
  std::vector<std::string> sources;
  for (int i = 0; i < 10'000; ++i) sources.push_back("http://source-" + std::to_string(i));
  std::size_t const before = allocated_bytes;
  Metrics metrics{std::move(sources), {"127.0.0.1:1080"}, 2, "1"};
  EXPECT_LT(allocated_bytes - before, 4'000'000U);
  for (std::size_t worker = 0; worker < 2; ++worker) {
    for (std::uint32_t i = 0; i < 10'000; ++i) metrics.worker(worker).record(call_of(i));
  }
  EXPECT_LT(allocated_bytes - before, 20'000'000U);
}

}  // namespace
}  // namespace ambassador::observe::record_cost_test
