#include "session/http/reply.hpp"

#include "base/error.hpp"
#include "wire/http1/writer.hpp"

#include <boost/beast/http/status.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace ambassador::session {
namespace {

using observe::Reason;

struct Status {
  unsigned code;
  std::string_view proxy_status;
};

/// The one row of each reason; a failure's error code may be more exact, see `status_of(Failure)`.
constexpr Status status_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::not_in_map: return {403, "http_request_denied"};
    case Reason::address_refused: return {403, "destination_ip_prohibited"};
    case Reason::loop: return {508, "proxy_loop_detected"};

    case Reason::bad_request:
    case Reason::body_malformed:
    case Reason::tls_in_tunnel: return {400, "http_request_error"};
    case Reason::head_too_large:
    case Reason::too_many_fields: return {431, "http_request_error"};
    case Reason::target_too_long: return {414, "http_request_error"};
    case Reason::bad_version: return {505, "http_request_error"};
    case Reason::head_timeout:
    case Reason::body_timeout:
    case Reason::idle_timeout: return {408, ""};
    case Reason::client_gone:
    case Reason::tls_handshake:
    case Reason::bad_proxy_header: return {400, ""};
    case Reason::rate_limited: return {429, "connection_limit_reached"};
    case Reason::too_many_requests:
    case Reason::pool_exhausted:
    case Reason::pending_timeout:
    case Reason::memory_ceiling: return {503, "connection_limit_reached"};

    case Reason::dns_failed: return {502, "dns_error"};
    case Reason::connect_refused: return {502, "connection_refused"};
    case Reason::connect_timeout: return {504, "connection_timeout"};
    case Reason::connect_failed:
    case Reason::via_refused:
    case Reason::bad_status: return {502, "destination_unavailable"};
    case Reason::tls_expired:
    case Reason::tls_wrong_name:
    case Reason::tls_unknown_ca: return {502, "tls_certificate_error"};
    case Reason::tls_protocol:
    case Reason::tls_failed: return {502, "tls_protocol_error"};
    case Reason::tls_client_refused: return {502, "tls_alert_received"};
    case Reason::credential_missing: return {502, "proxy_configuration_error"};

    case Reason::upstream_closed: return {502, "connection_terminated"};
    case Reason::response_timeout: return {504, "http_response_timeout"};
    case Reason::response_malformed: return {502, "http_protocol_error"};
    case Reason::upgrade_failed: return {502, "http_upgrade_failed"};
    case Reason::shutting_down: return {503, "destination_unavailable"};

    // These end a call without a reply, or have a reply of their own.
    case Reason::none:
    case Reason::sni_mismatch:
    case Reason::not_tls:
    case Reason::fault_injected:
    case Reason::reset:
    case Reason::response_incomplete:
    case Reason::internal: break;
  }
  return {500, ""};
}

/// RFC 9209 tells two kinds of failure apart that have one reason.
Status status_of(Failure const& failure, Reason reason) noexcept {
  if (reason == Reason::dns_failed && failure.code == Errc::timed_out) return {504, "dns_timeout"};
  bool const too_large =
      failure.code == Errc::head_too_large || failure.code == Errc::too_many_fields || failure.code == Errc::target_too_long;
  if (reason == Reason::response_malformed && too_large) return {502, "http_response_header_section_size"};
  return status_of(reason);
}

Reply reply_with(Status status, Problem&& problem) {
  Reply reply{.status = status.code, .proxy_status = status.proxy_status, .problem = std::move(problem), .allow = {}};
  reply.retry_after = reply.problem.retry_after;
  if (reply.retry_after == 0 && reply.status == 503) reply.retry_after = 1;
  return reply;
}

/// What went wrong with a request's head.
Problem explain(wire::http::Fault const& fault) {
  auto const problem = [&](Reason reason, std::string_view to_do) {
    return Problem{.reason = reason, .what = std::string{fault.why}, .to_do = std::string{to_do}};
  };
  switch (fault.code) {
    case Errc::head_too_large: return problem(Reason::head_too_large, "Send a smaller head, or raise limits.head.");
    case Errc::too_many_fields: return problem(Reason::too_many_fields, "Send fewer fields, or raise limits.fields.");
    case Errc::target_too_long: return problem(Reason::target_too_long, "Send a shorter URL, or raise limits.target.");
    case Errc::bad_version: return problem(Reason::bad_version, "Speak HTTP/1.1.");
    case Errc::tls_in_tunnel: return problem(Reason::tls_in_tunnel, "Speak plain HTTP inside: the source is an http one.");
    case Errc::timed_out: return problem(Reason::head_timeout, "Send the whole head at once.");
    default: return problem(Reason::bad_request, {});
  }
}

std::string text_body(Reply const& reply) {
  std::string body = "ambassador: ";
  if (!reply.call.empty()) body.append(reply.call).append(": ");
  body.append(reply.problem.what).append("\n");
  if (!reply.problem.to_do.empty()) body.append(reply.problem.to_do).append(reply.problem.to_do.ends_with('\n') ? "" : "\n");
  return body;
}

std::string json_body(Reply const& reply) {
  boost::json::object body;
  body["status"] = reply.status;
  body["code"] = observe::code(reply.problem.reason);
  body["call"] = reply.call;
  body["what"] = reply.problem.what;
  body["to_do"] = reply.problem.to_do;
  return boost::json::serialize(body) + '\n';
}

}  // namespace

Reply reply_to(Problem&& problem) {
  auto const status = status_of(problem.reason);
  return reply_with(status, std::move(problem));
}

Reply reply_to(Failure const& failure, Problem&& problem) {
  auto const status = status_of(failure, problem.reason);
  return reply_with(status, std::move(problem));
}

Reply reply_to(wire::http::Fault const& fault) { return reply_to(explain(fault)); }

Reply blocked_reply(Problem&& problem, std::string&& call, config::Settings const& settings) {
  auto reply = reply_to(std::move(problem));
  reply.status = settings.reject_status;
  reply.call = std::move(call.append(" is blocked"));
  reply.empty_body = settings.reject_status < 300;
  return reply;
}

Reply injected_reply(config::Mapping const& mapping, unsigned status) {
  Reply reply{.status = status, .proxy_status = "proxy_internal_response", .problem = {}, .allow = {}};
  reply.problem = {.reason = Reason::fault_injected,
                   .what = "an injected fault: " + mapping.source_text + " has a `fault`, and nothing was sent to its target",
                   .to_do = "Take `fault` out of the source to have its calls served."};
  return reply;
}

Reply loop_reply() {
  return reply_to(Problem{.reason = Reason::loop,
                          .what = "the request has come back to this proxy",
                          .to_do = "A target leads back here: check the map."});
}

Reply expectation_reply() {
  return reply_with({417, "http_request_error"},
                    {.reason = Reason::bad_request, .what = "an Expect other than 100-continue", .to_do = {}});
}

Reply options_reply() {
  Reply reply{.status = 200, .proxy_status = {}, .problem = {.reason = Reason::none, .what = {}, .to_do = {}}, .allow = {}};
  reply.empty_body = true;
  reply.allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT";
  return reply;
}

Reply trace_reply() {
  auto reply = reply_with({405, "http_request_error"},
                          {.reason = Reason::bad_request, .what = "TRACE ends here, and is not answered", .to_do = {}});
  reply.allow = "GET";
  return reply;
}

std::string_view reason_phrase(unsigned status) noexcept {
  auto const phrase = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {phrase.data(), phrase.size()};
}

void append_reply(std::string& out, Reply const& reply, ReplyForm const& form) {
  namespace http1 = wire::http1;
  std::string body;
  if (!reply.empty_body) body = form.json ? json_body(reply) : text_body(reply);
  http1::append_status_line(out, reply.status, reason_phrase(reply.status));
  http1::append_field(out, "Date", form.date);
  if (!reply.proxy_status.empty()) {
    out.append("Proxy-Status: ambassador; error=").append(reply.proxy_status).append("\r\n");
  }
  if (!form.request_id.empty()) http1::append_field(out, "X-Request-Id", form.request_id);
  if (!reply.allow.empty()) http1::append_field(out, "Allow", reply.allow);
  if (reply.retry_after != 0) http1::append_field(out, "Retry-After", std::uint64_t{reply.retry_after});
  if (!body.empty()) http1::append_field(out, "Content-Type", form.json ? "application/json" : "text/plain; charset=utf-8");
  http1::append_field(out, "Content-Length", body.size());
  if (!form.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (form.to_http10) {
    out.append("Connection: keep-alive\r\n");
  }
  http1::append_end_of_head(out);
  if (!form.head_only) out.append(body);
}

}  // namespace ambassador::session
