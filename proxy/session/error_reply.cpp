#include "session/error_reply.hpp"

#include "base/error.hpp"
#include "wire/http1/writer.hpp"

#include <boost/asio/error.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace ambassador::session {
namespace {

using observe::Reason;

/// One row of the table, without the sentence.
struct Row {
  unsigned status;
  Reason reason;
  std::string_view proxy_status;
  std::string_view to_do;
};

Row resolve_row(boost::system::error_code code) {
  if (code == Errc::timed_out) {
    return {504, Reason::dns_failed, "dns_timeout", "Is the cluster's DNS reachable from this Pod?"};
  }
  return {502, Reason::dns_failed, "dns_error", "Check the host in the target, and whether the Service exists."};
}

Row handshake_row(boost::system::error_code code) {
  if (code == Errc::tls_expired) {
    return {502, Reason::tls_expired, "tls_certificate_error",
            "The upstream's certificate must be renewed; or is a clock wrong?"};
  }
  if (code == Errc::tls_wrong_name) {
    return {502, Reason::tls_wrong_name, "tls_certificate_error",
            "Is the target's host the right one? Else say tls.server_name."};
  }
  if (code == Errc::tls_unknown_ca) {
    return {502, Reason::tls_unknown_ca, "tls_certificate_error", "Name the CA that signed it in tls.ca."};
  }
  if (code == Errc::tls_protocol) {
    return {502, Reason::tls_protocol, "tls_protocol_error", "Does that port speak TLS 1.2 or later?"};
  }
  if (code == Errc::tls_client_refused) {
    return {502, Reason::tls_client_refused, "tls_alert_received", "Check tls.cert and tls.key of the source."};
  }
  if (code == Errc::timed_out) {
    return {504, Reason::connect_timeout, "connection_timeout", "The upstream takes connections, but its TLS does not answer."};
  }
  return {502, Reason::tls_failed, "tls_protocol_error", "See the upstream's log."};
}

Row connect_row(boost::system::error_code code) {
  if (code == Errc::address_refused) {
    return {403, Reason::address_refused, "destination_ip_prohibited",
            "If it should be reached there, name the address: in the target, or in `addresses` of the allow entry."};
  }
  if (code == Errc::via_refused) {
    return {502, Reason::via_refused, "destination_unavailable",
            "Ask those who run the parent proxy, or check via.credentials_file."};
  }
  if (code == Errc::pool_exhausted) {
    return {503, Reason::pool_exhausted, "connection_limit_reached", "The upstream is slow, or limits.connections is too low."};
  }
  if (code == Errc::pending_timed_out) {
    return {503, Reason::pending_timeout, "connection_limit_reached",
            "The upstream is slow, or limits.connections is too low."};
  }
  if (code == Errc::own_address) return {508, Reason::loop, "proxy_loop_detected", "The target leads back to this proxy."};
  if (code == Errc::timed_out) {
    return {504, Reason::connect_timeout, "connection_timeout", "Nothing answers there: is a NetworkPolicy in the way?"};
  }
  if (code == boost::asio::error::connection_refused) {
    return {502, Reason::connect_refused, "connection_refused", "Nothing listens on that port: check the target's port."};
  }
  return {502, Reason::connect_failed, "destination_unavailable", "Check the target's address."};
}

Row response_row(boost::system::error_code code) {
  // With TLS 1.3 our certificate is refused after the handshake.
  if (code == Errc::tls_client_refused) return handshake_row(code);
  if (code == Errc::timed_out) {
    return {504, Reason::response_timeout, "http_response_timeout",
            "Raise timeout.response if the upstream may take this long."};
  }
  if (code == Errc::head_too_large || code == Errc::too_many_fields || code == Errc::target_too_long) {
    return {502, Reason::response_malformed, "http_response_header_section_size",
            "The response head exceeds limits.head or limits.fields."};
  }
  if (code == Errc::bad_answer) {
    return {502, Reason::bad_status, "destination_unavailable", "Every endpoint of the target fails: see their logs."};
  }
  if (code == Errc::unexpected_switch)
    return {502, Reason::upgrade_failed, "http_upgrade_failed", "The upstream switched protocols unasked."};
  if (code == Errc::end_of_stream || code == Errc::incomplete_message || code == Errc::tls_truncated ||
      code == boost::asio::error::connection_reset || code == boost::asio::error::broken_pipe) {
    return {502, Reason::upstream_closed, "connection_terminated", "The upstream closed the connection: see its log."};
  }
  return {502, Reason::response_malformed, "http_protocol_error", "The upstream's response is not valid HTTP/1.1."};
}

Row client_row(boost::system::error_code code) {
  if (code == Errc::timed_out) return {408, Reason::idle_timeout, "", "Read the response faster, or raise timeout.idle."};
  if (code == Errc::slow_body) return {408, Reason::body_timeout, "", "Send the body faster, or raise timeout.body."};
  if (code == Errc::bad_chunk || code == Errc::bad_message) return {400, Reason::body_malformed, "http_request_error", ""};
  return {400, Reason::client_gone, "", ""};
}

Row row_of(Failure const& failure) {
  if (failure.code == Errc::shutting_down) return {503, Reason::shutting_down, "destination_unavailable", "Try again."};
  if (failure.side == Side::client && failure.stage == Stage::handshake) return {400, Reason::tls_handshake, "", ""};
  if (failure.code == Errc::bad_proxy_header) return {400, Reason::bad_proxy_header, "", "Should proxy_protocol be off here?"};
  if (failure.side == Side::client) return client_row(failure.code);
  switch (failure.stage) {
    case Stage::resolve: return resolve_row(failure.code);
    case Stage::connect: return connect_row(failure.code);
    case Stage::handshake: return handshake_row(failure.code);
    default: return response_row(failure.code);
  }
}

std::string_view at_stage(Stage stage) {
  switch (stage) {
    case Stage::resolve: return "looking up the host";
    case Stage::accept: return "taking the connection";
    case Stage::connect: return "connecting";
    case Stage::handshake: return "the TLS handshake";
    case Stage::send: return "sending the request";
    case Stage::response_head: return "waiting for the response";
    case Stage::response_body: return "reading the response";
    case Stage::body: return "reading the request's body";
    default: return "serving the call";
  }
}

Row head_row(Errc code) {
  switch (code) {
    case Errc::head_too_large:
      return {431, Reason::head_too_large, "http_request_error", "Send a smaller head, or raise limits.head."};
    case Errc::too_many_fields:
      return {431, Reason::too_many_fields, "http_request_error", "Send fewer fields, or raise limits.fields."};
    case Errc::target_too_long:
      return {414, Reason::target_too_long, "http_request_error", "Send a shorter URL, or raise limits.target."};
    case Errc::bad_version: return {505, Reason::bad_version, "http_request_error", "Speak HTTP/1.1."};
    case Errc::tls_in_tunnel:
      return {400, Reason::tls_in_tunnel, "http_request_error", "Speak plain HTTP inside: the source is an http one."};
    case Errc::timed_out: return {408, Reason::head_timeout, "", "Send the whole head at once."};
    default: return {400, Reason::bad_request, "http_request_error", ""};
  }
}

std::string text_body(ErrorReply const& reply) {
  std::string body = "ambassador: ";
  if (!reply.call.empty()) body.append(reply.call).append(": ");
  body.append(reply.what).append("\n");
  if (!reply.to_do.empty()) body.append(reply.to_do).append(reply.to_do.ends_with('\n') ? "" : "\n");
  return body;
}

std::string json_body(ErrorReply const& reply) {
  boost::json::object body;
  body["status"] = reply.status;
  body["code"] = observe::code(reply.reason);
  body["call"] = reply.call;
  body["what"] = reply.what;
  body["to_do"] = reply.to_do;
  return boost::json::serialize(body) + '\n';
}

}  // namespace

observe::Reason retry_reason(Failure const& failure) {
  return failure.reused_connection ? Reason::reset : row_of(failure).reason;
}

ErrorReply error_reply(Failure const& failure, std::string_view target, std::string_view detail) {
  auto const row = row_of(failure);
  std::string what{at_stage(failure.stage)};
  if (failure.side == Side::upstream) what.append(" for ").append(target);
  what.append(": ").append(failure.code.message());
  if (!detail.empty()) what.append(" (").append(detail).append(")");
  return {.status = row.status,
          .reason = row.reason,
          .proxy_status = row.proxy_status,
          .what = std::move(what),
          .to_do = std::string{row.to_do},
          .allow = {},
          .retry_after = row.status == 503 ? 1U : 0U};
}

ErrorReply error_reply(wire::http::Fault const& fault) {
  auto const row = head_row(fault.code);
  return {.status = row.status,
          .reason = row.reason,
          .proxy_status = row.proxy_status,
          .what = std::string{fault.why},
          .to_do = std::string{row.to_do},
          .allow = {}};
}

std::string_view reason_phrase(unsigned status) noexcept {
  auto const phrase = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {phrase.data(), phrase.size()};
}

void append_reply(std::string& out, ErrorReply const& reply, ReplyForm const& form) {
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
