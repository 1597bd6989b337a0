// One row of a conformance table: raw bytes in at both ends, raw bytes out at both ends.
//
// In a row's texts `|` is CRLF and `{}` the upstream's authority. `$` before a path runs the row twice: as a forward proxy
// is asked (`http://app/path`) and as a reverse proxy is (`/path`). At the end of a text `<FIN>` says that the stream ends
// there, `<RST>` that it is reset; without either it stays open. `=400` in a client's text is a reply of our own.
#pragma once

#include "support/proxy.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace ambassador::support {

/// Bounds what a row waits for: only one that fails waits so long.
inline constexpr std::chrono::milliseconds row_patience{3000};

struct Row {
  std::string rule;       ///< the section of the RFC or the CVE, and what it asks
  std::string request;    ///< what the client sends
  std::string upstream;   ///< what reaches the upstream; empty: no connection is made
  std::string response;   ///< what the upstream plays back for each request
  std::string client;     ///< what the client gets
  std::size_t calls = 1;  ///< records in the log
};

inline std::string const plain_get = "GET $/x HTTP/1.1|Host: app||";
inline std::string const plain_get_upstream = "GET /x HTTP/1.1|Host: {}|Via: 1.1 amb||";
inline std::string const plain_response = "HTTP/1.1 200 OK|Date: D|Content-Length: 2||ok";
inline std::string const plain_response_client = "HTTP/1.1 200 OK|Date: D|Content-Length: 2|Via: 1.1 amb||ok";

/// Answered by us with `status`, the connection closed, the upstream untouched.
inline Row refused(std::string rule, std::string request, int status = 400) {
  return {std::move(rule), std::move(request), "", "", '=' + std::to_string(status) + "<FIN>"};
}

/// Answered by us as well, but the connection is kept.
inline Row answered(std::string rule, std::string request, int status) {
  return {std::move(rule), std::move(request), "", "", '=' + std::to_string(status)};
}

/// Goes on as `upstream`, and is answered plainly.
inline Row passes(std::string rule, std::string request, std::string upstream) {
  return {std::move(rule), std::move(request), std::move(upstream), plain_response, plain_response_client};
}

/// A plain GET is answered with `response`, of which the client sees `client`.
inline Row shows(std::string rule, std::string response, std::string client) {
  return {std::move(rule), plain_get, plain_get_upstream, std::move(response), std::move(client)};
}

/// A faulty response: 502, and its connection is thrown away.
inline Row bad_gateway(std::string rule, std::string response) { return shows(std::move(rule), std::move(response), "=502"); }

/// Bytes, and what becomes of the stream behind them.
struct Stretch {
  std::string bytes;
  End end = End::open;
};

inline std::string replaced(std::string text, std::string_view from, std::string_view by) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + by.size()))
    text.replace(at, from.size(), by);
  return text;
}

inline Stretch stretch(std::string text, std::string const& authority) {
  constexpr std::size_t marker = 5;
  auto end = End::open;
  if (text.ends_with("<FIN>")) end = End::closed;
  if (text.ends_with("<RST>")) end = End::reset;
  if (end != End::open) text.resize(text.size() - marker);
  return {replaced(replaced(std::move(text), "|", "\r\n"), "{}", authority), end};
}

/// Plays `response` for every request. What follows a request unasked is taken up too, so that the test sees it.
inline ScriptedUpstream::Script playing(std::function<Stretch()> response) {
  return [response = std::move(response)](Socket& socket, std::size_t) {
    while (!read_request(socket).empty() && socket.end() == End::open) {
      auto const [bytes, end] = response();
      socket.send(bytes);
      if (end == End::closed) return;
      if (end == End::reset) return socket.reset();
    }
  };
}

class RowRun {
 public:
  RowRun(Row const& row, bool forward, config::Settings (*settings)(std::uint16_t))
      : row_{row},
        upstream_{playing([this] { return stretch(row_.response, upstream_.authority()); })},
        proxy_{settings(upstream_.port())},
        client_{proxy_.connect()},
        forward_{forward} {}

  void check() {
    auto const request = in(replaced(row_.request, "$", forward_ ? "http://app" : ""));
    client_.send(request.bytes);
    if (request.end == End::closed) client_.shutdown_send();
    check_client(in(row_.client));
    client_.close();
    auto const records = proxy_.stop();
    EXPECT_EQ(records.size(), row_.calls + probes_);
    check_upstream(records);
  }

 private:
  Stretch in(std::string text) const { return stretch(std::move(text), upstream_.authority()); }

  /// Where `=400` stands in a client's text: at its start, or behind a whole message. Its size where it does not.
  static std::size_t own_reply_at(std::string_view text) {
    if (text.starts_with('=')) return 0;
    for (auto const* end : {"\r\n\r\n=", "\r\n\r\nok="}) {
      if (auto const at = text.rfind(end); at != std::string_view::npos) return at + std::string_view{end}.size() - 1;
    }
    return text.size();
  }

  void check_client(Stretch const& expected) {
    if (expected.end == End::reset) return check_reset(expected.bytes);
    auto const own = own_reply_at(expected.bytes);
    EXPECT_EQ(client_.receive_exactly(own, row_patience), expected.bytes.substr(0, own));
    if (own != expected.bytes.size()) check_own_reply(expected.bytes.substr(own + 1));
    if (expected.end == End::open) return check_kept();
    EXPECT_EQ(client_.receive_all(row_patience), "");
    EXPECT_EQ(client_.end(), expected.end);
  }

  /// A reset may overtake the bytes before it.
  void check_reset(std::string const& bytes) {
    auto const got = client_.receive_all(row_patience);
    EXPECT_TRUE(bytes.starts_with(got)) << got;
    EXPECT_EQ(client_.end(), End::reset);
  }

  void check_own_reply(std::string const& status) {
    std::size_t end = incomplete;
    bool const to_head = row_.request.starts_with("HEAD");
    client_.receive_until([&](std::string_view bytes) { return (end = response_end(bytes, to_head)) != incomplete; },
                          row_patience);
    auto const reply = client_.take(std::min(end, client_.pending().size()));
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 " + status + ' ')) << reply;
  }

  /// A kept connection answers one more request, here one that we answer ourselves (RFC 9110 section 7.6.2).
  void check_kept() {
    client_.send("OPTIONS http://app/ HTTP/1.1\r\nHost: app\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n");
    auto const rest = client_.receive_all(row_patience);
    EXPECT_TRUE(rest.starts_with("HTTP/1.1 200 OK\r\n")) << "not kept: " << rest;
    EXPECT_NE(rest.find("\r\nAllow: "), std::string::npos) << rest;
    ++probes_;
  }

  void check_upstream(std::vector<Record> const& records) {
    auto const expected = in(row_.upstream).bytes;
    eventually([&] { return upstream_.all_received() == expected; }, row_patience);
    EXPECT_EQ(upstream_.all_received(), expected);
    if (!expected.empty()) return;
    for (auto const& record : records) EXPECT_EQ(text_of(record, "upstream"), "") << "a connection was made";
  }

  Row const& row_;
  ScriptedUpstream upstream_;
  Proxy proxy_;
  Socket client_;
  bool forward_;
  std::size_t probes_ = 0;
};

/// Runs every row, in both forms where it says so; `settings` makes the configuration for an upstream's port.
inline void run(std::initializer_list<Row> rows, config::Settings (*settings)(std::uint16_t) = to) {
  for (auto const& row : rows) {
    for (bool const forward : {false, true}) {
      if (forward && row.request.find('$') == std::string::npos) continue;
      SCOPED_TRACE(row.rule + (forward ? " [forward]" : ""));
      RowRun{row, forward, settings}.check();
    }
  }
}

}  // namespace ambassador::support
