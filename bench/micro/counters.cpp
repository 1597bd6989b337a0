// What a worker counts at the end of a call.
#include "observe/metrics.hpp"
#include "operation.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace ambassador::micro {
namespace {

using namespace observe;

CallRecord mapped_call(std::uint32_t mapping) {
  CallRecord call;
  call.duration = std::chrono::nanoseconds{1'345'678};
  call.upstream_duration = std::chrono::nanoseconds{1'200'000};
  call.method = "GET";
  call.mapping = mapping;
  call.decision = Decision::mapped;
  call.status = 200;
  call.bytes_out = 1234;
  call.tries = 1;
  return call;
}

std::shared_ptr<Metrics> metrics(std::size_t mappings) {
  std::vector<std::string> sources;
  for (std::size_t i = 0; i < mappings; ++i) sources.push_back("http://service-" + std::to_string(i) + ".internal/");
  return std::make_shared<Metrics>(std::move(sources), std::vector<std::string>{"127.0.0.1:1080"}, 1, "0");
}

Loop record() {
  return repeat([all = metrics(1), call = mapped_call(0)] {
    all->worker(0).record(call);
    return 0;
  });
}

/// Two mappings whose calls alternate in status, so that no counter is the one used last.
Loop record_in_turn() {
  auto not_found = mapped_call(1);
  not_found.status = 404;
  return repeat([all = metrics(2), calls = std::vector{mapped_call(0), mapped_call(1), not_found}, next = 0UL]() mutable {
    all->worker(0).record(calls[next++ % calls.size()]);
    return 0;
  });
}

}  // namespace

Operations counters() {
  return {
      {"count/a call", record},
      {"count/a call, mappings and statuses in turn", record_in_turn},
  };
}

}  // namespace ambassador::micro
