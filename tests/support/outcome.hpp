// What is asserted at the end of a scripted exchange: the records of its calls, and that nothing is left open.
#pragma once

#include "support/proxy.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ambassador::support {

/// All timeouts the same, and short: for tests of what happens when they pass.
inline config::Timeouts all_timeouts(Milliseconds time) { return {time, time, time, time, time, time}; }

/// A sweep, and no idle time: an idle connection that nobody asked for must not pass for one that was closed.
inline constexpr std::chrono::milliseconds released_within{2000};

/// Sessions end and leases come back: of the connections to the upstream only the idle ones are left.
inline void expect_released(Proxy& proxy, ScriptedUpstream const& upstream, std::size_t idle_connections) {
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; })) << "a session is left";
  EXPECT_TRUE(eventually([&] { return proxy.connections_to(upstream) == idle_connections; }, released_within))
      << proxy.connections_to(upstream) << " connections";
  EXPECT_EQ(proxy.pending_for(upstream), 0U);
}

/// Exactly one call was logged; it.
inline Record only_record(Proxy& proxy) {
  // A call's line is written when it ends: not before the client sees the last byte.
  EXPECT_TRUE(eventually([&] { return proxy.clients() == 0; })) << "a session is left";
  auto const records = proxy.stop();
  EXPECT_EQ(records.size(), 1U);
  return records.empty() ? Record{} : records.front();
}

inline void expect_record(Record const& record, int status, std::string const& reason, int tries = 1) {
  ASSERT_FALSE(record.empty());
  EXPECT_EQ(number_of(record, "status"), status);
  EXPECT_NE(text_of(record, "reason").find(reason), std::string::npos) << text_of(record, "reason");
  EXPECT_EQ(text_of(record, "reason").empty(), reason.empty()) << text_of(record, "reason");
  EXPECT_EQ(number_of(record, "tries"), tries);
}

/// A final response, with the interim ones before it.
inline std::string receive_response(Socket& socket) {
  std::size_t end = incomplete;
  socket.receive_until([&](std::string_view bytes) { return (end = response_end(bytes)) != incomplete; });
  return socket.take(std::min(end, socket.pending().size()));
}

inline std::string const get_x = "GET /x HTTP/1.1\r\nHost: app\r\n\r\n";
inline std::string const ok_response = "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 2\r\n\r\nok";

/// `code` of a reply in JSON: the reason as the metrics name it.
inline std::string reason_code(std::string const& reply) {
  auto const body = boost::json::parse(std::string{body_of(reply)});
  return std::string{body.as_object().at("code").as_string().c_str()};
}

inline std::string const json_get = "GET /x HTTP/1.1\r\nHost: app\r\nAccept: application/json\r\n\r\n";

}  // namespace ambassador::support
