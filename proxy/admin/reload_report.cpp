#include "admin/reload_report.hpp"

#include <chrono>
#include <ctime>

#include <fmt/format.h>

namespace ambassador::admin {
namespace {

prometheus::Family<prometheus::Counter>& reloads(prometheus::Registry& registry) {
  return prometheus::BuildCounter()
      .Name("ambassador_config_reloads_total")
      .Help("How often the configuration was read again.")
      .Register(registry);
}

prometheus::Gauge& gauge(prometheus::Registry& registry, char const* name, char const* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

/// RFC 3339, in seconds.
std::string text_of(std::time_t seconds) {
  std::tm broken{};
  gmtime_r(&seconds, &broken);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &broken)};
}

}  // namespace

ReloadReport::ReloadReport(observe::EventLog& events, prometheus::Registry& registry)
    : events_{events},
      good_{reloads(registry).Add({{"result", "ok"}})},
      bad_{reloads(registry).Add({{"result", "failed"}})},
      last_was_good_{gauge(registry, "ambassador_config_last_reload_successful",
                           "Whether the configuration that was read last is in force.")},
      last_good_time_{gauge(registry, "ambassador_config_last_reload_success_timestamp_seconds",
                            "When the configuration in force was read.")} {
  in_force_since_now();
}

void ReloadReport::in_force_since_now() {
  auto const now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  since_ = text_of(now);
  ++number_;
  last_good_time_.Set(static_cast<double>(now));
  last_was_good_.Set(1);
  trouble_.clear();
}

void ReloadReport::succeeded(std::string_view what) {
  good_.Increment();
  in_force_since_now();
  last_ = {since_, {}};
  events_.info("reloaded: {}", what);
}

void ReloadReport::skipped(std::string_view why) {
  good_.Increment();
  events_.info("{}", why);
}

void ReloadReport::failed(std::string_view origin, std::vector<std::string> const& faults) {
  bad_.Increment();
  last_ = {text_of(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())), faults};
  last_was_good_.Set(0);
  for (auto const& fault : faults) events_.error("{}", fault);
  events_.error("the configuration of {} could not be loaded: the one of {} stays in force", origin, since_);
  trouble_ =
      fmt::format("the configuration of {} could not be loaded: {}; the one of {} is in force", origin, faults.front(), since_);
}

}  // namespace ambassador::admin
