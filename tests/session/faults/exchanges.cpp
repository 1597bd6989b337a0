#include "exchanges.hpp"

namespace ambassador::faults {
namespace {

std::string const ok = "HTTP/1.1 200 OK\r\n";
std::string const chunked = "Transfer-Encoding: chunked\r\n\r\n";

std::string get(std::string const& path) { return "GET " + path + " HTTP/1.1\r\nHost: app\r\n\r\n"; }

std::string answer_to(std::string const& path) { return "the answer to " + path; }

bool answer(Socket& socket, Arrived const& request, std::size_t /*nth*/) {
  return socket.send(ok + sized(answer_to(request.path)));
}

bool get_one(Conversation& client, std::string const& path) {
  client.socket().send(get(path));
  return client.reply(path, answer_to(path));
}

std::string chunk(std::string_view data) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return size + std::string{data} + "\r\n";
}

Exchange keep_alive() {
  return {"get_twice", {200, 200}, [](Conversation& client) { get_one(client, "/1") && get_one(client, "/2"); }, answer};
}

Exchange sized_post() {
  return {"post_in_packets",
          {200},
          [](Conversation& client) {
            auto const body = posted_body();
            auto const head = "POST /1 HTTP/1.1\r\nHost: app\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
            send_apart(client.socket(), {head, body.substr(0, 10), body.substr(10, 4000), body.substr(4010)});
            client.reply("/1", answer_to("/1"));
          },
          [](Socket& socket, Arrived const& request, std::size_t /*nth*/) {
            auto const text = ok + sized(answer_to(request.path));
            send_apart(socket, {text.substr(0, 20), text.substr(20, text.size() - 23), text.substr(text.size() - 3)});
            return true;
          }};
}

Exchange chunked_both_ways() {
  return {"chunked_both_ways",
          {200},
          [](Conversation& client) {
            auto const body = posted_body();
            send_apart(client.socket(),
                       {"POST /1 HTTP/1.1\r\nHost: app\r\n" + chunked + chunk(body.substr(0, 10)), chunk(body.substr(10, 5000)),
                        chunk(body.substr(5010)) + "0\r\n", posted_trailers() + "\r\n"});
            client.reply("/1", posted_body(), "X-Sum: 7\r\n");
          },
          [](Socket& socket, Arrived const& /*request*/, std::size_t /*nth*/) {
            auto const body = posted_body();
            send_apart(socket, {ok + "Trailer: X-Sum\r\n" + chunked, chunk(body.substr(0, 5000)), chunk(body.substr(5000)),
                                "0\r\nX-Sum: 7\r\n\r\n"});
            return true;
          }};
}

/// The reply's end is the connection's: it must not look like one where the body is cut.
Exchange to_http10() {
  return {"chunked_to_http10",
          {200},
          [](Conversation& client) {
            client.socket().send("GET /1 HTTP/1.0\r\nHost: app\r\n\r\n");
            client.reply_until_close("/1", posted_body());
          },
          [](Socket& socket, Arrived const& /*request*/, std::size_t /*nth*/) {
            auto const body = posted_body();
            send_apart(socket, {ok + chunked, chunk(body.substr(0, 5000)), chunk(body.substr(5000)), "0\r\n\r\n"});
            return true;
          }};
}

Exchange upgrade() {
  return {"upgrade",
          {101},
          [](Conversation& client) {
            auto& socket = client.socket();
            socket.send("GET /1 HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
            if (!client.switched("/1")) return;
            bool const sent = send_apart(socket, {"ping", "ping"});
            socket.receive_until([](std::string_view bytes) { return bytes.ends_with("pong"); });
            socket.shutdown_send();
            client.rest_of_stream("welcome-pong-bye", sent);
          },
          [](Socket& socket, Arrived const& /*request*/, std::size_t /*nth*/) {
            socket.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nwelcome-");
            if (socket.receive_exactly(8) != "pingping") return false;
            socket.send("pong");
            EXPECT_EQ(socket.receive_all(), "");
            if (socket.end() == End::closed) socket.send("-bye");
            return false;
          }};
}

Exchange connect_to_a_mapped_origin() {
  return {"connect",
          {200, 200},
          [](Conversation& client) { client.open_tunnel("app:80") && get_one(client, "/1") && get_one(client, "/2"); },
          answer};
}

/// The server closes the connection under the second request.
bool close_under_the_second(Socket& socket, Arrived const& request, std::size_t nth) {
  return (nth != 0 || request.path != "/2") && answer(socket, request, nth);
}

Exchange retry() {
  return {"retry",
          {200, 200},
          [](Conversation& client) { get_one(client, "/1") && get_one(client, "/2"); },
          close_under_the_second};
}

Exchange post_is_not_retried() {
  return {"post_is_not_retried",
          {200, 502},
          [](Conversation& client) {
            if (!get_one(client, "/1")) return;
            client.socket().send("POST /2 HTTP/1.1\r\nHost: app\r\n" + sized(posted_body()));
            client.reply("/2", answer_to("/2"));
          },
          close_under_the_second};
}

Exchange interim() {
  return {"interim_then_final",
          {200},
          [](Conversation& client) {
            auto& socket = client.socket();
            socket.send("POST /1 HTTP/1.1\r\nHost: app\r\nExpect: 100-continue\r\nContent-Length: " +
                        std::to_string(posted_body().size()) + "\r\n\r\n");
            bool const answered =
                socket.receive_until([](std::string_view bytes) { return bytes.find("\r\n\r\n") != std::string::npos; });
            if (answered && support::status_of(socket.pending()) == 100) socket.send(posted_body());
            client.reply("/1", answer_to("/1"));
          },
          [](Socket& socket, Arrived const& request, std::size_t /*nth*/) {
            send_apart(socket, {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", ok + sized(answer_to(request.path))});
            return true;
          }};
}

/// The server refuses an upload in the middle, and closes.
Exchange early_final_reply() {
  return {"early_final_reply",
          {200},
          [](Conversation& client) {
            auto const body = posted_body();
            send_apart(client.socket(),
                       {"PUT /early HTTP/1.1\r\nHost: app\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n",
                        body.substr(0, 4000)});
            client.reply("/early", answer_to("/early"));
          },
          answer};
}

/// The next request; of `/early` the head only.
Arrived next_request(Socket& socket) {
  auto const head = support::read_head(socket);
  if (head.empty()) return {};
  auto const blank = head.find(' ');
  Arrived arrived{head.substr(0, blank), head.substr(blank + 1, head.find(' ', blank + 1) - blank - 1), {head, {}, {}}, false};
  if (arrived.path == "/early") return arrived;
  if (support::lower(head).find("\r\nexpect: 100-continue\r\n") != std::string::npos)
    socket.send("HTTP/1.1 100 Continue\r\n\r\n");
  std::size_t end = support::incomplete;
  socket.receive_until(
      [&](std::string_view bytes) { return (end = support::message_end(head + std::string{bytes})) != support::incomplete; });
  arrived.whole = end != support::incomplete;
  if (arrived.whole) arrived.message = taken_apart(head + socket.take(end - head.size()));
  return arrived;
}

std::string make_posted_body() {
  std::string body;
  for (int line = 0; body.size() < 9000; ++line) body += "line " + std::to_string(line) + '\n';
  return body;
}

}  // namespace

std::string const& posted_body() {
  static std::string const body = make_posted_body();
  return body;
}

std::string const& posted_trailers() {
  static std::string const trailers = "X-Lines: many\r\n";
  return trailers;
}

std::vector<Exchange> const& exchanges() {
  static std::vector<Exchange> const all{
      keep_alive(), sized_post(), chunked_both_ways(),   to_http10(),        upgrade(), connect_to_a_mapped_origin(),
      retry(),      interim(),    post_is_not_retried(), early_final_reply()};
  return all;
}

support::ScriptedUpstream::Script playing(Exchange const& exchange, Ledger& ledger) {
  return [&exchange, &ledger](Socket& socket, std::size_t nth) {
    for (bool more = true; more;) {
      auto const request = next_request(socket);
      if (request.method.empty()) return;
      ledger.add(request);
      if (!request.whole && request.path != "/early") return;
      more = request.path == "/probe" ? answer(socket, request, nth) : exchange.upstream(socket, request, nth);
    }
  };
}

}  // namespace ambassador::faults
