#include "admin/endpoints.hpp"

#include <fmt/format.h>

namespace ambassador::admin {

std::string state_text(balance::EndpointState const& state, SteadyTime now) {
  auto const now_ns = nanoseconds(now);
  if (state.failing_checks.load(std::memory_order_relaxed)) return "failing checks";
  if (balance::is_ejected(state, now_ns)) {
    auto const left = state.ejected_until_ns.load(std::memory_order_relaxed) - now_ns;
    return fmt::format("ejected for {} s", (left + balance::second_ns - 1) / balance::second_ns);
  }
  return balance::slow_start_share(state, now_ns) < 1 ? "slow start" : "healthy";
}

std::string endpoints_text(upstream::EndpointStates const& states, SteadyTime now) {
  std::string text;
  states.for_each([&](std::string const& source, std::string const& address, balance::EndpointState const& state) {
    text += fmt::format("{} {} {} in_flight={}\n", source, address, state_text(state, now),
                        state.in_flight.load(std::memory_order_relaxed));
  });
  return text.empty() ? "no source was called yet\n" : text;
}

prometheus::MetricFamily endpoints_family(upstream::EndpointStates const& states, SteadyTime now) {
  prometheus::MetricFamily family{"ambassador_upstream_healthy",
                                  "Whether calls are sent to the endpoint: 0 where it is ejected or fails its checks.",
                                  prometheus::MetricType::Gauge,
                                  {}};
  states.for_each([&](std::string const& source, std::string const& address, balance::EndpointState const& state) {
    prometheus::ClientMetric metric;
    metric.label = {{"mapping", source}, {"upstream", address}};
    metric.gauge.value = balance::is_available(state, nanoseconds(now)) ? 1 : 0;
    family.metric.push_back(std::move(metric));
  });
  return family;
}

}  // namespace ambassador::admin
