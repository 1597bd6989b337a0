#include "app/small_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <sys/socket.h>
#include <sys/time.h>

namespace ambassador::app {
namespace http = boost::beast::http;

http::response<http::string_body> get_from(boost::asio::ip::tcp::endpoint const& server, SmallGet const& get) {
  boost::asio::io_context context;
  boost::asio::ip::tcp::socket socket{context};
  socket.connect(server);
  timeval const limit{small_client_limit.count(), 0};
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  http::request<http::empty_body> request{http::verb::get, get.target, 11};
  request.set(http::field::host, get.host);
  request.set(http::field::accept, get.accept);
  request.keep_alive(false);
  http::write(socket, request);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> response;
  http::read(socket, buffer, response);
  return response;
}

}  // namespace ambassador::app
