// The one table of the HTTP replies that are our own: a problem becomes a status, a Proxy-Status (RFC 9209) and a body that
// says what happened and what to do.
#pragma once

#include "base/result.hpp"
#include "config/settings/settings.hpp"
#include "session/failures.hpp"
#include "wire/http/message.hpp"

#include <string>
#include <string_view>

namespace ambassador::session {

struct Reply {
  unsigned status = 500;
  std::string_view proxy_status;  ///< the token of the `error` parameter, RFC 9209 section 2.3; empty: none
  Problem problem;
  std::string call;          ///< METHOD URL, for the body: the log has it already
  bool empty_body = false;   ///< the drop-in's old reply
  std::string_view allow;    ///< the value of Allow; empty: none
  unsigned retry_after = 0;  ///< seconds; 0: not said
};

/// The reply to a call that was not served.
Reply reply_to(Problem&& problem);

/// The reply to a call that has failed. `problem` explains the failure.
Reply reply_to(Failure const& failure, Problem&& problem);

/// The reply to a request that could not be understood.
Reply reply_to(wire::http::Fault const& fault);

/// The reply to a call that the map blocks, as `settings` wants it. `call` is METHOD URL.
Reply blocked_reply(Problem&& problem, std::string&& call, config::Settings const& settings);

/// The reply that `fault` of a source asks for.
Reply injected_reply(config::Mapping const& mapping, unsigned status);

/// The request has come back to this proxy.
Reply loop_reply();

/// The request expects something else than 100-continue, RFC 9110 section 10.1.1.
Reply expectation_reply();

/// OPTIONS that ends here, RFC 9110 section 9.3.7.
Reply options_reply();

/// TRACE that ends here, RFC 9110 section 7.6.2.
Reply trace_reply();

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
void append_reply(std::string& out, Reply const& reply, ReplyForm const& form);

}  // namespace ambassador::session
