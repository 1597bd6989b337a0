#include "observe/log_buffer.hpp"

namespace ambassador::observe {

LogBuffer::LogBuffer(LogWriter& writer, LogOptions options, std::uint32_t seed)
    : writer_{writer}, options_{options}, dice_{seed} {
  lines_.text.reserve(log_buffer_bytes);
}

LogBuffer::~LogBuffer() { flush(); }

void LogBuffer::append(CallRecord const& record) {
  if (!wants(record)) return;
  append_line(lines_.text, record, options_.style);
  ++lines_.count;
  lines_.uncovered |= record.decision == Decision::blocked || record.decision == Decision::reported;
  if (lines_.text.size() > log_buffer_bytes - log_line_room) flush();
}

void LogBuffer::flush() {
  if (lines_.count == 0) return;
  writer_.submit(lines_);
  lines_.clear();
}

bool LogBuffer::wants(CallRecord const& record) {
  if (options_.share >= 1.0) return true;
  return is_logged(record, options_.share, std::uniform_real_distribution<double>{}(dice_));
}

}  // namespace ambassador::observe
