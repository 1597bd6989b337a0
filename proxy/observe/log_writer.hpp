// The one thread that writes the access log. Workers hand it batches of finished lines and go on at once: what does not
// fit into the bounded queue is dropped and counted, so that a slow or stopped reader of stdout never holds up a call.
#pragma once

#include "observe/event_log.hpp"
#include "observe/recent_lines.hpp"

#include <prometheus/counter.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>

namespace ambassador::observe {

/// Bytes that wait while the writer is busy; as many again are being written.
inline constexpr std::size_t log_queue_bytes = 1024 * 1024;

/// How long stop() waits for the reader.
inline constexpr std::chrono::milliseconds log_stop_limit{2000};

/// How long after that the thread may take to notice, on a busy machine, before it is taken for stuck.
inline constexpr std::chrono::milliseconds log_stop_grace{1000};

/// Between two events that say how many lines were dropped.
inline constexpr std::chrono::milliseconds log_drop_event_interval{1000};

class LogWriter {
 public:
  struct Options {
    int descriptor = 1;  ///< stdout; not closed
    std::size_t queue_bytes = log_queue_bytes;
    std::chrono::milliseconds stop_limit = log_stop_limit;
    std::shared_ptr<RecentLines> recent{};  ///< gets every line, before it is written; null: nobody looks
  };

  /// `dropped` counts lines, and must outlive the writer. Starts the thread, with every signal blocked: so EPIPE is an
  /// error like any other.
  LogWriter(Options options, std::shared_ptr<EventLog> events, prometheus::Counter& dropped);
  ~LogWriter();  ///< stops
  LogWriter(LogWriter const&) = delete;
  LogWriter& operator=(LogWriter const&) = delete;

  /// From any thread; never waits for the reader. False where the lines were dropped: no room, or stopped.
  bool submit(LogLines const& lines);

  /// Writes what is queued and ends the thread, within `stop_limit`; what is left then is dropped. A thread that a stopped
  /// terminal holds in its write is left behind, `log_stop_grace` later.
  void stop();

 private:
  struct Shared;

  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace ambassador::observe
