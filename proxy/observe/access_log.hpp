// The line that says what became of a call: one a call, as text or as JSON. Pure: a record in, bytes out. Whatever a client
// sent, a line has no control bytes, and is one line.
#pragma once

#include "observe/call_record.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace ambassador::observe {

enum class LineFormat : std::uint8_t { text, json };

struct LogStyle {
  LineFormat format = LineFormat::text;
  bool redact_query = false;  ///< what follows the first `?` of a URL becomes `redacted`
};

/// Of a request that was refused before it was understood, no more than this of its method and of its target is shown.
inline constexpr std::size_t max_refused_bytes = 256;

/// Whether the call did not end well: it was blocked, reported or refused, it has a reason, or its status is 0 or 5xx.
bool is_failure(CallRecord const& record) noexcept;

/// `log.calls`: failures always, of the others the `share` (0 to 1); `dice` is even in [0, 1).
bool is_logged(CallRecord const& record, double share, double dice) noexcept;

/// Appends the line with its newline, in the style's format.
void append_line(std::string& out, CallRecord const& record, LogStyle style);

/// `TIME METHOD SOURCE [-> TARGET] STATUS DURATION in= out= upstream= tries= [REASON] [trace=] [request=]`, with [BLOCKED],
/// [REPORTED], [REFUSED] or [LOCAL] after the source where the map did not pass the call on. `-` stands for a status, a
/// method, a source or an upstream that there was not.
void append_text(std::string& out, CallRecord const& record, LogStyle style);

/// One object; every key is always there, empty or 0 where there is nothing to say; but `sni` and `end` of tunnels and
/// `request_id` and `trace_id` only where there is one. `duration_ms` has at most 3 decimals.
void append_json(std::string& out, CallRecord const& record, LogStyle style);

}  // namespace ambassador::observe
