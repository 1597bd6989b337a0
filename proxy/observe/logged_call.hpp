// A line of the access log, read back: the text and the JSON form that observe/access_log writes.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ambassador::observe {

/// What the rules had said of a call.
enum class LoggedOutcome : std::uint8_t {
  passed,     ///< mapped or allowed
  uncovered,  ///< blocked or reported
  aside,      ///< refused, or answered by the ambassador itself
};

struct LoggedCall {
  SystemTime time;
  std::string method;
  std::string source;               ///< without the log's escapes; its query may be `redacted`
  std::uint16_t listener_port = 0;  ///< 0 in a text line, which does not say it
  LoggedOutcome outcome = LoggedOutcome::aside;

  std::string decision;    ///< as in a JSON line, or `refused`; of a text line that names no target `allowed`
  std::string target;      ///< empty if it went nowhere, or as it is
  unsigned status = 0;     ///< 0 if the client got nothing
  double duration_ms = 0;  ///< whole ones in a text line
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::string upstream;  ///< address:port; empty if there was none
  std::uint64_t tries = 0;
  std::string reason;      ///< why it did not go the plain way; empty if it did
  std::string trace_id;    ///< empty if there is none
  std::string request_id;  ///< empty if there is none
};

/// Returns nullopt if the line is not of an access log.
std::optional<LoggedCall> read_log_line(std::string_view line);

}  // namespace ambassador::observe
