// ambassador-load: see options.cpp for what it takes. Exit status 0: it ran, and the JSON says how; 2: it could not.
#include "load/hold.hpp"
#include "load/load.hpp"
#include "load/options.hpp"

#include <cstdio>
#include <exception>

#include <sys/prctl.h>

namespace {

/// The kernel may wake us this late, in nanoseconds. Its own 50,000 would be seen in every latency at a fixed rate.
constexpr unsigned long timer_slack = 1;

}  // namespace

int main(int count, char** words) {
  using namespace ambassador::bench;
  try {
    auto const options = read_options(count, words);
    if (!options) return 0;
    ::prctl(PR_SET_TIMERSLACK, timer_slack);
    auto const tally = options->mode == Mode::hold ? hold(*options) : Load{*options}.run();
    std::puts(to_json(tally).c_str());
    return 0;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "ambassador-load: %s\n", error.what());
    return 2;
  }
}
