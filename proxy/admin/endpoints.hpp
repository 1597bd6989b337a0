// How the endpoints of the sources are, for people (/endpoints) and for Prometheus.
#pragma once

#include "base/clock.hpp"
#include "upstream/endpoint_states.hpp"

#include <prometheus/metric_family.h>

#include <string>

namespace ambassador::admin {

/// `healthy`, `ejected for N s`, `failing checks` or `slow start`.
std::string state_text(balance::EndpointState const& state, SteadyTime now);

/// One line an endpoint: `SOURCE ADDRESS STATE in_flight=N`.
std::string endpoints_text(upstream::EndpointStates const& states, SteadyTime now);

/// ambassador_upstream_healthy{mapping, upstream}: 1 if calls are sent to it. There are as many as the names have addresses.
prometheus::MetricFamily endpoints_family(upstream::EndpointStates const& states, SteadyTime now);

}  // namespace ambassador::admin
