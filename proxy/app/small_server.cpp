#include "app/small_server.hpp"

#include "net/listener.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

namespace ambassador::app {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using net::awaiting;

struct SmallServer::Shared {
  Shared(tcp::acceptor listening, SmallHandler answer) : acceptor{std::move(listening)}, handler{std::move(answer)} {}

  tcp::acceptor acceptor;
  SmallHandler handler;
  std::size_t connections = 0;
};

namespace {

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
    if (auto const [failed, bytes] = co_await http::async_read(stream, buffer, parser, awaiting); failed) break;
    auto response = shared->handler(parser.get(), peer);
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

SmallServer::SmallServer(asio::io_context& context, int descriptor, SmallHandler handler)
    : shared_{std::make_shared<Shared>(tcp::acceptor{context, net::bound_address(descriptor).protocol(), descriptor},
                                       std::move(handler))} {
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

}  // namespace ambassador::app
