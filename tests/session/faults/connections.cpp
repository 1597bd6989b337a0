#include "connections.hpp"

#include "message.hpp"

namespace ambassador::faults {
namespace {

using config::TargetScheme;
using support::CertificateAuthority;
using support::Directory;
using support::Proxy;
using support::ScriptedUpstream;
using Leg = FaultPlan::Leg;

/// A stall is ended by one of these.
constexpr Milliseconds short_wait{120};

constexpr std::size_t bulk_bytes = 1'500'000;

std::string const header = "PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n";

/// What certificates there are, made once.
struct Certificates {
  Directory directory;
  CertificateAuthority ca{directory, "ca"};
  support::CertificateOnDisk server = ca.issue("server");
};

Certificates const& certificates() {
  static Certificates const all;
  return all;
}

/// One connection to the upstream is all there may be: where one stays lent, the next gets none.
config::Settings aimed_at(config::Settings settings, Way way) {
  settings.limits.connections = 1;
  settings.limits.pending = 1;
  if (way != Way::stall) return settings;
  return support::with(std::move(settings), {.connect = short_wait,
                                             .head = short_wait,
                                             .body = short_wait,
                                             .response = short_wait,
                                             .idle = short_wait,
                                             .tunnel_idle = short_wait,
                                             .keepalive = 2 * short_wait});
}

std::string const all_down = "welcome-pong-bye";

/// Both ends speak, and each ends in its turn: the upstream first speaks, then the client first ends.
void answer_stream(Socket& socket) {
  socket.send("welcome-");
  if (socket.receive_exactly(8) != "pingping") return;
  socket.send("pong");
  EXPECT_EQ(socket.receive_all(), "");
  if (socket.end() == End::closed) socket.send("-bye");
}

Played play_stream(Socket& socket) {
  bool const sent = send_apart(socket, {"ping", "ping"});
  socket.receive_until([](std::string_view bytes) { return bytes.ends_with("pong"); });
  socket.shutdown_send();
  auto const got = socket.receive_all();
  EXPECT_EQ(got, all_down.substr(0, got.size()));
  EXPECT_NE(socket.end(), End::open) << "the stream hangs after: " << got;
  bool const whole = got == all_down;
  return {whole, !whole && sent && socket.end() == End::closed, 0};
}

Played play_connect(Socket& socket, std::string const& authority) {
  socket.send("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n");
  std::size_t end = support::incomplete;
  socket.receive_until([&](std::string_view bytes) { return (end = support::response_end(bytes)) != support::incomplete; });
  if (end == support::incomplete) {
    EXPECT_NE(socket.end(), End::open) << "the CONNECT hangs after: " << socket.pending();
    return {};
  }
  auto const reply = socket.take(end);
  auto const status = support::status_of(reply);
  if (status != 200) {
    EXPECT_TRUE(is_own_reply(taken_apart(reply))) << reply;
    return {false, false, status};
  }
  auto played = play_stream(socket);
  played.status = status;
  return played;
}

Played play_calls(Socket& socket) {
  Conversation conversation{socket};
  bool whole = true;
  for (auto const* path : {"/1", "/2"}) {
    if (!whole) break;
    socket.send("GET " + std::string{path} + " HTTP/1.1\r\nHost: app\r\n\r\n");
    whole = conversation.reply(path, "answer");
  }
  return {whole, false, conversation.seen().back().status};
}

std::string const& bulk() {
  static std::string const bytes = [] {
    std::string text;
    for (int number = 0; text.size() < bulk_bytes; ++number) text += std::to_string(number) + ' ';
    return text;
  }();
  return bytes;
}

Played play_bulk(Socket& socket) {
  auto const got = socket.receive_all();
  EXPECT_TRUE(got == bulk().substr(0, got.size())) << "after " << got.size() << " bytes";
  EXPECT_NE(socket.end(), End::open) << "the stream hangs after " << got.size() << " bytes";
  bool const whole = got == bulk();
  return {whole, !whole && socket.end() == End::closed, 0};
}

std::unique_ptr<ScriptedUpstream> streaming() {
  return std::make_unique<ScriptedUpstream>([](Socket& socket, std::size_t) { answer_stream(socket); });
}

std::unique_ptr<ScriptedUpstream> answering() {
  return std::make_unique<ScriptedUpstream>(support::always("HTTP/1.1 200 OK\r\n" + sized("answer")));
}

std::unique_ptr<Proxy> proxy_of(config::Settings settings) { return std::make_unique<Proxy>(std::move(settings)); }

Chain one(std::unique_ptr<ScriptedUpstream> upstream, config::Settings settings) {
  return {std::move(upstream), nullptr, proxy_of(std::move(settings)), false};
}

/// The upstream is behind a TLS listener.
Chain towards_tls(std::unique_ptr<ScriptedUpstream> upstream, Way way,
                  config::Settings (*front)(std::uint16_t port, std::string const& ca)) {
  Chain chain{std::move(upstream), nullptr, nullptr, false};
  chain.back = proxy_of(support::behind_tls(support::tcp_to(chain.upstream->port()), certificates().server));
  chain.front = proxy_of(aimed_at(front(chain.back->port(), certificates().ca.file()), way));
  return chain;
}

/// The client is behind a TLS target.
Chain behind_tls(std::unique_ptr<ScriptedUpstream> upstream, config::Settings back) {
  Chain chain{std::move(upstream), nullptr, nullptr, true};
  chain.back = proxy_of(support::behind_tls(std::move(back), certificates().server));
  chain.front = proxy_of(support::tls_to(chain.back->port(), certificates().ca.file()));
  return chain;
}

Played stream_client(Socket& socket, Chain const&) { return play_stream(socket); }
Played calls_client(Socket& socket, Chain const&) { return play_calls(socket); }

Connection connect() {
  return {"connect",
          [](Way way) {
            auto upstream = streaming();
            auto settings = aimed_at(support::allowing(*upstream), way);
            return one(std::move(upstream), std::move(settings));
          },
          [](Socket& socket, Chain const& chain) { return play_connect(socket, chain.upstream->authority()); }, Leg::neither,
          true};
}

Connection connect_by_a_parent() {
  return {"connect_by_a_parent",
          [](Way way) {
            auto upstream = std::make_unique<ScriptedUpstream>([](Socket& socket, std::size_t) {
              if (support::read_head(socket).empty()) return;
              socket.send("HTTP/1.1 200 OK\r\n\r\n");
              answer_stream(socket);
            });
            auto settings = support::allowing(support::allow("far.example", 22));
            settings.via = support::by(*upstream);
            return one(std::move(upstream), aimed_at(std::move(settings), way));
          },
          [](Socket& socket, Chain const&) { return play_connect(socket, "far.example:22"); }, Leg::neither, true};
}

Connection tcp_source() {
  return {"tcp_source",
          [](Way way) {
            auto upstream = streaming();
            auto settings = aimed_at(support::tcp_to(upstream->port()), way);
            return one(std::move(upstream), std::move(settings));
          },
          stream_client};
}

Connection proxy_header() {
  return {"proxy_header",
          [](Way way) {
            auto upstream = streaming();
            auto settings = support::tcp_to(upstream->port());
            support::listener_of(settings).proxy_protocol = true;
            return one(std::move(upstream), aimed_at(std::move(settings), way));
          },
          [](Socket& socket, Chain const&) {
            send_apart(socket, {header.substr(0, 10), header.substr(10)});
            return play_stream(socket);
          }};
}

/// Large enough to be spliced.
Connection bulk_download() {
  return {"bulk",
          [](Way way) {
            auto upstream = std::make_unique<ScriptedUpstream>([](Socket& socket, std::size_t) { socket.send(bulk()); });
            auto settings = aimed_at(support::tcp_to(upstream->port()), way);
            return one(std::move(upstream), std::move(settings));
          },
          [](Socket& socket, Chain const&) { return play_bulk(socket); }};
}

Connection https_target() {
  return {"https_target", [](Way way) { return towards_tls(answering(), way, support::https_to); },
          calls_client,   Leg::upstream,
          true,           true};
}

Connection tls_target() {
  return {"tls_target", [](Way way) { return towards_tls(streaming(), way, support::tls_to); }, stream_client, Leg::upstream};
}

Connection https_listener() {
  return {"https_listener",
          [](Way way) {
            auto upstream = answering();
            auto settings = aimed_at(support::to(upstream->port()), way);
            return behind_tls(std::move(upstream), std::move(settings));
          },
          calls_client,
          Leg::client,
          true,
          true};
}

Connection tls_listener() {
  return {"tls_listener",
          [](Way way) {
            auto upstream = streaming();
            auto settings = aimed_at(support::tcp_to(upstream->port()), way);
            return behind_tls(std::move(upstream), std::move(settings));
          },
          stream_client, Leg::client};
}

}  // namespace

std::vector<Connection> const& connections() {
  static std::vector<Connection> const all{connect(),      connect_by_a_parent(), tcp_source(),
                                           proxy_header(), bulk_download(),       https_target(),
                                           tls_target(),   https_listener(),      tls_listener()};
  return all;
}

}  // namespace ambassador::faults
