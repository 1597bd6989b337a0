// By what names a call is found again: the trace that it belongs to (W3C Trace Context) and X-Request-Id. What the client
// says of them is read, and where `trace: on` asks for it, what is missing is made. Pure: chance is handed in.
#pragma once

#include "base/random.hpp"
#include "config/settings/settings.hpp"
#include "wire/http/message.hpp"

#include <cstddef>
#include <string>

namespace ambassador::route {

/// A longer X-Request-Id is passed on, but is not logged.
inline constexpr std::size_t max_request_id = 128;

/// Strings keep their capacity from call to call.
struct CallIds {
  std::string trace_id;         ///< 32 hex digits; empty: none
  std::string request_id;       ///< fit for a log and a reply of our own; empty: none
  std::string traceparent;      ///< goes in place of the client's; empty: its own goes on as it came
  bool new_trace = false;       ///< the trace begins here: a tracestate of the client's is of another one, and does not go on
  bool new_request_id = false;  ///< `request_id` was made here

  void clear() noexcept;
};

/// The ids of the call with this head. With Trace::on a CONNECT gets none, for it goes nowhere; the calls inside it do.
void take_ids(CallIds& ids, config::Trace trace, wire::http::RequestHead const& head, Random& random);

}  // namespace ambassador::route
