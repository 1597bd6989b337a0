// What is not a call: start, reload, trouble. One line an event, on stderr, by ordinary spdlog:
// `2026-11-22T06:34:54.903Z warning message`, in UTC. A message must not hold bytes that a client chose, unless escaped.
#pragma once

#include <spdlog/logger.h>

#include <memory>

namespace ambassador::observe {

using EventLog = spdlog::logger;

/// On stderr; may be used from any thread.
std::shared_ptr<EventLog> make_event_log();

/// On a sink of the caller's, for tests.
std::shared_ptr<EventLog> make_event_log(spdlog::sink_ptr sink);

}  // namespace ambassador::observe
