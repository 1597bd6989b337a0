#include "observe/event_log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <utility>

namespace ambassador::observe {

std::shared_ptr<EventLog> make_event_log() { return make_event_log(std::make_shared<spdlog::sinks::stderr_sink_mt>()); }

std::shared_ptr<EventLog> make_event_log(spdlog::sink_ptr sink) {
  auto log = std::make_shared<EventLog>("events", std::move(sink));
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  return log;
}

}  // namespace ambassador::observe
