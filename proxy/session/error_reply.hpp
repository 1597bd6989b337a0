// The one table of replies that are our own: what went wrong becomes a status, a Proxy-Status (RFC 9209) and a body
// that says what happened and what to do.
#pragma once

#include "base/result.hpp"
#include "observe/reason.hpp"
#include "wire/http/message.hpp"

#include <string>
#include <string_view>

namespace ambassador::session {

struct ErrorReply {
  unsigned status = 500;
  observe::Reason reason = observe::Reason::internal;
  std::string_view proxy_status;  ///< the `error` parameter's token, RFC 9209 section 2.3; empty: none
  std::string call;               ///< METHOD URL, for the body: the log has it already
  std::string what;               ///< a sentence; goes into the log too
  std::string to_do;              ///< what the reader can do; may have several lines
  bool empty_body = false;        ///< the drop-in's old reply
  std::string_view allow;         ///< the value of Allow; empty: none
  unsigned retry_after = 0;       ///< seconds; 0: not said
};

/// For a fault on the way to the upstream or in its answer. `target` is the URL that the call was to go to, `detail` what
/// is known beside the failure.
/// What a try that failed so is counted as, where another is made.
observe::Reason retry_reason(Failure const& failure);

ErrorReply error_reply(Failure const& failure, std::string_view target, std::string_view detail = {});

/// For a request that could not be understood.
ErrorReply error_reply(wire::http::Fault const& fault);

std::string_view reason_phrase(unsigned status) noexcept;

/// How a reply of our own is written.
struct ReplyForm {
  std::string_view date;
  bool json = false;       ///< the client prefers JSON
  bool head_only = false;  ///< the request was HEAD
  bool keep_alive = true;
  bool to_http10 = false;
  std::string_view request_id = {};  ///< by which the log's line is found; empty: none
};

/// Appends the whole message: head and body.
void append_reply(std::string& out, ErrorReply const& reply, ReplyForm const& form);

}  // namespace ambassador::session
