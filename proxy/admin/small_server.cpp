#include "admin/small_server.hpp"

#include "net/listener.hpp"
#include "observe/text.hpp"

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <exception>

namespace ambassador::admin {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using net::awaiting;

namespace {
constexpr std::size_t max_logged_path = 200;
}

struct SmallServer::Shared {
  Shared(tcp::acceptor listening, SmallHandler answer, std::shared_ptr<observe::EventLog> log)
      : acceptor{std::move(listening)}, handler{std::move(answer)}, events{std::move(log)} {}

  /// What the handler says, or that it failed: one request must not end the process.
  SmallResponse respond(SmallRequest const& request, tcp::endpoint const& peer) {
    try {
      return handler(request, peer);
    } catch (std::exception const& failure) {
      std::string path, what;  // a client has a part in both
      observe::append_field(path, {request.target().data(), request.target().size()}, max_logged_path);
      observe::append_sentence(what, failure.what());
      events->error("answering a request for {} failed: {}", path, what);
      return text_response(http::status::internal_server_error, "this failed inside the ambassador: see its log\n");
    }
  }

  tcp::acceptor acceptor;
  SmallHandler handler;
  std::shared_ptr<observe::EventLog> events;
  std::size_t connections = 0;
};

namespace {

/// Says that the head is too long. What else the client sends is read for a while: a socket that is closed with bytes unread
/// takes the answer away from it.
asio::awaitable<void> refuse_head(beast::tcp_stream& stream, beast::flat_buffer& buffer) {
  auto response = text_response(http::status::request_header_fields_too_large,
                                fmt::format("the head of a request may have {} bytes\n", SmallServer::max_head_bytes));
  response.keep_alive(false);
  response.prepare_payload();
  if (auto const [failed, bytes] = co_await http::async_write(stream, response, awaiting); failed) co_return;
  boost::system::error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  for (std::size_t read = 0; read < SmallServer::max_body_bytes;) {
    buffer.clear();
    auto const [failed, bytes] = co_await stream.async_read_some(buffer.prepare(SmallServer::max_head_bytes), awaiting);
    if (failed) break;
    read += bytes;
  }
}

template <class State>
asio::awaitable<void> serve(std::shared_ptr<State> shared, beast::tcp_stream stream) {
  ++shared->connections;  // the count goes down with the coroutine, however it ends
  std::shared_ptr<void> const counted{nullptr, [shared](void*) { --shared->connections; }};
  boost::system::error_code unknown;
  auto const peer = stream.socket().remote_endpoint(unknown);
  beast::flat_buffer buffer;
  for (bool more = true; more;) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(SmallServer::max_head_bytes);
    parser.body_limit(SmallServer::max_body_bytes);
    stream.expires_after(SmallServer::limit);
    auto const [unread, length] = co_await http::async_read(stream, buffer, parser, awaiting);
    if (unread == http::error::header_limit) co_await refuse_head(stream, buffer);
    if (unread) break;
    auto response = shared->respond(parser.get(), peer);
    response.version(parser.get().version());
    response.keep_alive(parser.get().keep_alive());
    response.prepare_payload();
    if (parser.get().method() == http::verb::head) response.body().clear();
    more = response.keep_alive();
    if (auto const [failed, bytes] = co_await http::async_write(stream, response, awaiting); failed) break;
  }
  boost::system::error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_both, ignored);
}

template <class State>
asio::awaitable<void> accept(std::shared_ptr<State> shared) {
  while (shared->acceptor.is_open()) {
    auto [failed, socket] = co_await shared->acceptor.async_accept(awaiting);
    if (failed == asio::error::operation_aborted) co_return;
    if (failed) {
      asio::steady_timer pause{shared->acceptor.get_executor(), std::chrono::milliseconds{100}};
      co_await pause.async_wait(awaiting);
      continue;
    }
    if (shared->connections >= SmallServer::max_connections) continue;  // closes it
    asio::co_spawn(shared->acceptor.get_executor(), serve(shared, beast::tcp_stream{std::move(socket)}), asio::detached);
  }
}

}  // namespace

SmallServer::SmallServer(asio::io_context& context, int descriptor, SmallHandler handler,
                         std::shared_ptr<observe::EventLog> events)
    : shared_{std::make_shared<Shared>(tcp::acceptor{context, net::bound_address(descriptor).protocol(), descriptor},
                                       std::move(handler), std::move(events))} {
  asio::co_spawn(context, accept(shared_), asio::detached);
}

SmallServer::~SmallServer() {
  boost::system::error_code ignored;
  shared_->acceptor.close(ignored);
}

SmallResponse text_response(http::status status, std::string body, std::string_view type) {
  SmallResponse response{status, 11};
  response.set(http::field::content_type, boost::beast::string_view{type.data(), type.size()});
  response.set(http::field::cache_control, "no-store");
  response.body() = std::move(body);
  return response;
}

}  // namespace ambassador::admin
