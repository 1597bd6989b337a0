// Active checks: each endpoint of a source with `health` is asked, again and again, whether it is well. Of all workers the
// first makes them; what it finds all read from the endpoint's state.
#pragma once

#include "balance/checks.hpp"
#include "upstream/source_endpoints.hpp"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace ambassador::upstream {

/// Bytes of an answer that a check reads: its status line.
inline constexpr std::size_t max_check_answer = 1024;

class HealthChecks {
 public:
  /// How often it is looked for checks that are due.
  static constexpr Milliseconds look_interval{100};

  HealthChecks(net::Executor executor, observe::EventLog& events) : executor_{executor}, events_{events} {}

  /// Starts what is due, and forgets endpoints that are gone. From the worker's tick.
  void look(std::vector<config::Mapping> const& map, SourceTable& sources, SteadyTime now);

 private:
  /// The checks of one endpoint.
  struct Check {
    config::HealthCheck how;
    std::string source;
    std::string host;  ///< what Host says
    SourceEndpointPtr endpoint;
    balance::CheckState state;
    SteadyTime next{};
    bool running = false;
    bool wanted = true;
    Attempt attempt;
    Wish wish;
    Lease lease;
    std::array<char, max_check_answer> answer{};
  };

  void want(config::Mapping const& mapping, SourceEndpointPtr const& endpoint);
  net::Task<void> run(Check& check);
  static net::Task<Result<void>> ask(Check& check);
  static net::Task<Result<void>> ask_http(Check& check);
  void take(Check& check, Result<void> const& outcome, SteadyTime now);

  net::Executor executor_;
  observe::EventLog& events_;
  SteadyTime next_look_{};
  std::vector<std::unique_ptr<Check>> checks_;
};

}  // namespace ambassador::upstream
