// A small HTTP server by Beast, for what is asked rarely and answered from memory: the admin port, and the demo's two
// apps. Not on any call's path.
#pragma once

#include "net/stream.hpp"
#include "observe/event_log.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <functional>
#include <memory>

namespace ambassador::admin {

using SmallRequest = boost::beast::http::request<boost::beast::http::string_body>;
using SmallResponse = boost::beast::http::response<boost::beast::http::string_body>;

/// Answers one request. Runs on the server's io_context. What it throws is an event, and a 500 to the client.
using SmallHandler = std::function<SmallResponse(SmallRequest const&, boost::asio::ip::tcp::endpoint peer)>;

/// Serves on one io_context until it ends, by one coroutine a connection.
class SmallServer {
 public:
  static constexpr std::size_t max_head_bytes = 16 * 1024;  ///< above it a 431
  static constexpr std::size_t max_body_bytes = 64 * 1024;
  static constexpr std::size_t max_connections = 128;
  static constexpr std::chrono::seconds limit{10};  ///< for one request, and idle

  /// Owns the descriptor, which listens already.
  SmallServer(boost::asio::io_context& context, int descriptor, SmallHandler handler,
              std::shared_ptr<observe::EventLog> events);
  ~SmallServer();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

/// Returns a response with this body and content type.
SmallResponse text_response(boost::beast::http::status status, std::string body,
                            std::string_view type = "text/plain; charset=utf-8");

}  // namespace ambassador::admin
