// The operations of a call that are timed by Google Benchmark and counted by callgrind: the same code, made ready the same
// way, so that both speak of one thing. Each is called with what a call of everyday looks like.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace ambassador::micro {

/// Does the operation so many times. One indirect call for all of them: what is measured is the operation.
using Loop = std::function<void(std::size_t times)>;

struct Operation {
  std::string name;               ///< `idea/case`, the key in bench/baseline/instructions.json
  std::function<Loop()> prepare;  ///< builds what the operation works on, which is not measured
};

using Operations = std::vector<Operation>;

/// `work` does the operation once and returns something, so that no compiler leaves it out.
template <class Work>
Loop repeat(Work work) {
  return [work = std::move(work)](std::size_t times) mutable {
    for (; times != 0; --times) benchmark::DoNotOptimize(work());
  };
}

/// Ends the program: an operation that refuses its input early would be measured as a cheap one.
inline void require(bool works, std::string const& input) {
  if (works) return;
  std::cerr << "ambassador-micro: not what it should come to: " << input << '\n';
  std::exit(EXIT_FAILURE);
}

Operations head_parsing();
Operations normalisation();
Operations routing();
Operations log_line();
Operations counters();
Operations timer_wheel();

}  // namespace ambassador::micro
