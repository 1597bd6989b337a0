// A worker's access log: it decides whether a call gets a line, and collects lines until there are enough to hand over.
// One per worker, used on its thread only. Every line is either handed to the writer or counted as dropped.
#pragma once

#include "observe/access_log.hpp"
#include "observe/log_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace ambassador::observe {

/// Of formatted lines, per worker.
inline constexpr std::size_t log_buffer_bytes = 64 * 1024;

/// Room that a line rarely exceeds: the buffer is handed over when less is left. A longer line makes it grow, once.
inline constexpr std::size_t log_line_room = 4 * 1024;

struct LogOptions {
  LogStyle style;
  double share = 1.0;  ///< of the calls that end well, 0 to 1
};

class LogBuffer {
 public:
  /// `seed` is for the share's dice. The writer must outlive the buffer.
  LogBuffer(LogWriter& writer, LogOptions options, std::uint32_t seed);
  ~LogBuffer();  ///< flushes
  LogBuffer(LogBuffer const&) = delete;
  LogBuffer& operator=(LogBuffer const&) = delete;

  void append(CallRecord const& record);

  /// Hands over what there is; for the worker's tick, and before it ends.
  void flush();

  /// From the next call on: a reload.
  void set_options(LogOptions options) noexcept { options_ = options; }

 private:
  [[nodiscard]] bool wants(CallRecord const& record);

  LogWriter& writer_;
  LogOptions options_;
  std::minstd_rand dice_;
  LogLines lines_;
};

}  // namespace ambassador::observe
