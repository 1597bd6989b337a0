// ambassador-micro [--benchmark_…]: times the operations. ambassador-micro --count TIMES, under callgrind: counts them.
#include "count.hpp"

#include <cstdlib>
#include <iostream>
#include <string_view>

namespace ambassador::micro {
namespace {

/// Operations between two looks at the clock.
constexpr std::size_t batch = 64;

Operations all() {
  Operations all;
  for (auto const idea : {head_parsing, normalisation, routing, log_line, counters, timer_wheel}) {
    for (auto& operation : idea()) all.push_back(std::move(operation));
  }
  return all;
}

void time(benchmark::State& state, Operation const& operation) {
  auto const loop = operation.prepare();
  loop(batch);
  while (state.KeepRunningBatch(batch)) loop(batch);
}

int time_all(int argc, char** argv) {
  for (auto const& operation : all()) benchmark::RegisterBenchmark(operation.name.c_str(), time, operation);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return EXIT_FAILURE;
  benchmark::RunSpecifiedBenchmarks();
  return EXIT_SUCCESS;
}

int count_all(char const* times) {
  if (count(all(), std::strtoul(times, nullptr, 10))) return EXIT_SUCCESS;
  std::cerr << "ambassador-micro: --count is for callgrind: ./dev bench instructions runs it so\n";
  return EXIT_FAILURE;
}

}  // namespace
}  // namespace ambassador::micro

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view{argv[1]} == "--count") return ambassador::micro::count_all(argv[2]);
  return ambassador::micro::time_all(argc, argv);
}
