// The replies of our own: their status, Proxy-Status and Retry-After by what went wrong.
#include "session/http/reply.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>
#include <boost/asio/error.hpp>

#include <string>
#include <vector>

namespace ambassador::session::reply_test {
namespace {

using observe::Reason;

Reply reply_of(Failure const& failure) { return reply_to(failure, explain(failure, "http://api/", {})); }

Failure upstream(boost::system::error_code code, Stage stage) { return {code, Side::upstream, stage, false}; }

struct Row {
  Failure failure;
  unsigned status;
  std::string proxy_status;
  Reason reason;
};

TEST(Replies, a_failure_has_the_status_of_its_stage_and_code) {
  std::vector<Row> const rows{
      {upstream(Errc::timed_out, Stage::resolve), 504, "dns_timeout", Reason::dns_failed},
      {upstream(Errc::no_address, Stage::resolve), 502, "dns_error", Reason::dns_failed},
      {upstream(boost::asio::error::connection_refused, Stage::connect), 502, "connection_refused", Reason::connect_refused},
      {upstream(Errc::timed_out, Stage::connect), 504, "connection_timeout", Reason::connect_timeout},
      {upstream(Errc::pool_exhausted, Stage::connect), 503, "connection_limit_reached", Reason::pool_exhausted},
      {upstream(Errc::own_address, Stage::connect), 508, "proxy_loop_detected", Reason::loop},
      {upstream(Errc::address_refused, Stage::connect), 403, "destination_ip_prohibited", Reason::address_refused},
      {upstream(Errc::timed_out, Stage::handshake), 504, "connection_timeout", Reason::connect_timeout},
      {upstream(Errc::tls_expired, Stage::handshake), 502, "tls_certificate_error", Reason::tls_expired},
      {upstream(Errc::tls_client_refused, Stage::response_head), 502, "tls_alert_received", Reason::tls_client_refused},
      {upstream(Errc::timed_out, Stage::response_head), 504, "http_response_timeout", Reason::response_timeout},
      {upstream(Errc::head_too_large, Stage::response_head), 502, "http_response_header_section_size",
       Reason::response_malformed},
      {upstream(Errc::bad_message, Stage::response_head), 502, "http_protocol_error", Reason::response_malformed},
      {upstream(Errc::end_of_stream, Stage::response_head), 502, "connection_terminated", Reason::upstream_closed},
      {{Errc::slow_body, Side::client, Stage::body, false}, 408, "", Reason::body_timeout},
      {{Errc::bad_chunk, Side::client, Stage::body, false}, 400, "http_request_error", Reason::body_malformed},
      {{Errc::shutting_down, Side::local, Stage::connect, false}, 503, "destination_unavailable", Reason::shutting_down},
  };
  for (auto const& row : rows) {
    auto const reply = reply_of(row.failure);
    SCOPED_TRACE(reply.problem.what);
    EXPECT_EQ(reply.status, row.status);
    EXPECT_EQ(reply.proxy_status, row.proxy_status);
    EXPECT_EQ(reply.problem.reason, row.reason);
    EXPECT_EQ(reply.retry_after, row.status == 503 ? 1U : 0U);
  }
}

TEST(Replies, a_rate_says_when_to_come_again) {
  config::Mapping mapping;
  mapping.source_text = "http://a/";
  auto const reply = reply_to(over_rate(mapping, 7));
  EXPECT_EQ(reply.status, 429U);
  EXPECT_EQ(reply.retry_after, 7U);
}

TEST(Replies, a_blocked_call_has_the_status_of_the_settings) {
  config::Settings settings;
  EXPECT_EQ(blocked_reply({.reason = Reason::not_in_map, .what = {}, .to_do = {}}, "GET http://b/", settings).status, 403U);
  settings.reject_status = 503;
  auto const reply = blocked_reply({.reason = Reason::not_in_map, .what = {}, .to_do = {}}, "GET http://b/", settings);
  EXPECT_EQ(reply.status, 503U);
  EXPECT_EQ(reply.retry_after, 0U) << "the call is never served, however late it comes";
  EXPECT_EQ(reply.call, "GET http://b/ is blocked");
}

TEST(Replies, an_injected_status_promises_nothing) {
  config::Mapping mapping;
  EXPECT_EQ(injected_reply(mapping, 503).retry_after, 0U);
}

TEST(Replies, a_malformed_request_has_the_status_of_its_fault) {
  EXPECT_EQ(reply_to(wire::http::Fault{Errc::head_too_large, ""}).status, 431U);
  EXPECT_EQ(reply_to(wire::http::Fault{Errc::target_too_long, ""}).status, 414U);
  EXPECT_EQ(reply_to(wire::http::Fault{Errc::bad_version, ""}).status, 505U);
  EXPECT_EQ(reply_to(wire::http::Fault{Errc::timed_out, ""}).status, 408U);
  EXPECT_EQ(reply_to(wire::http::Fault{Errc::bad_message, ""}).status, 400U);
}

}  // namespace
}  // namespace ambassador::session::reply_test
