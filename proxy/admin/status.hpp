// /status: how the process, its sources and their endpoints are, as JSON for the page. Counters and buckets since the start:
// rates and quantiles are made of their differences by who asks.
#pragma once

#include "admin/reload_report.hpp"
#include "base/clock.hpp"
#include "net/resolver.hpp"
#include "observe/metrics.hpp"
#include "route/snapshot.hpp"
#include "upstream/endpoint_states.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace ambassador::admin {

/// What is reported on, all of it as it is now.
struct StatusParts {
  route::Snapshot const& snapshot;
  observe::Metrics const& metrics;
  upstream::EndpointStates const& endpoints;
  ReloadReport const& reloads;
  net::Resolver const& resolver;
  std::string const& version;
  SystemTime started;
  bool draining = false;
};

/// `now` is the same moment by both clocks.
std::string status_json(StatusParts const& parts, SystemTime now, SteadyTime steady_now);

/// The last good answer for a name.
using LastAnswer = std::function<std::optional<net::Resolver::Past>(std::string const& host)>;

/// Returns how long ago DNS said that one of the source's names has this address (`address:port`); nullopt if no name has it.
std::optional<std::chrono::seconds> dns_age(config::Mapping const& mapping, std::string const& address,
                                            LastAnswer const& last_answer, SteadyTime now);

}  // namespace ambassador::admin
