#include "command/small_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <exception>

namespace ambassador::command {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

using Response = http::response<http::string_body>;

asio::awaitable<Response> exchange(std::vector<tcp::endpoint> const& servers, SmallQuestion const& question) {
  beast::tcp_stream stream{co_await asio::this_coro::executor};
  stream.expires_after(question.limit);
  co_await stream.async_connect(servers, asio::use_awaitable);
  http::request<http::empty_body> request{question.method, question.target, 11};
  request.set(http::field::host, question.host);
  request.set(http::field::accept, question.accept);
  request.keep_alive(false);
  request.prepare_payload();
  co_await http::async_write(stream, request, asio::use_awaitable);
  beast::flat_buffer buffer;
  Response response;
  co_await http::async_read(stream, buffer, response, asio::use_awaitable);
  co_return response;
}

}  // namespace

Response ask(std::vector<tcp::endpoint> const& servers, SmallQuestion const& question) {
  asio::io_context context;
  std::exception_ptr failed;
  Response answer;
  asio::co_spawn(context, exchange(servers, question), [&](std::exception_ptr const& thrown, Response response) {
    failed = thrown;
    answer = std::move(response);
  });
  context.run();
  try {
    if (failed) std::rethrow_exception(failed);
  } catch (boost::system::system_error const& error) {
    if (error.code() == beast::error::timeout)
      throw boost::system::system_error{make_error_code(boost::system::errc::timed_out)};
    throw;
  }
  return answer;
}

}  // namespace ambassador::command
