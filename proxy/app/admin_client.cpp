#include "app/admin_client.hpp"

#include "base/error.hpp"
#include "base/uri.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <sys/socket.h>
#include <sys/time.h>

namespace ambassador::app {
namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::uint16_t default_admin_port = 9901;
constexpr long limit_seconds = 5;

std::string query_value(std::string const& text) { return boost::urls::encode(text, boost::urls::unreserved_chars); }

/// The answer to one GET over one connection; throws boost::system::system_error.
http::response<http::string_body> get(Authority const& admin, std::string const& target, std::string_view accept) {
  asio::io_context context;
  asio::ip::tcp::resolver resolver{context};
  asio::ip::tcp::socket socket{context};
  auto host = admin.host;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  asio::connect(socket, resolver.resolve(host, std::to_string(admin.port_or(default_admin_port))));
  timeval const limit{limit_seconds, 0};
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  http::request<http::empty_body> request{http::verb::get, target, 11};
  request.set(http::field::host, admin.text(80));
  request.set(http::field::accept, boost::beast::string_view{accept.data(), accept.size()});
  request.keep_alive(false);
  http::write(socket, request);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> response;
  http::read(socket, buffer, response);
  return response;
}

bool says_passes(std::string const& json) {
  boost::system::error_code failed;
  auto const value = boost::json::parse(json, failed);
  if (failed || !value.is_object()) return false;
  auto const* target = value.as_object().if_contains("target");
  return target != nullptr && target->is_string() && !target->as_string().empty();
}

}  // namespace

Result<ExplainAnswer> ask_explain(std::string const& admin, std::string const& method, std::string const& url) {
  auto text = std::string_view{admin};
  if (text.starts_with("http://")) text.remove_prefix(7);
  Authority authority;
  if (parse_authority(text.substr(0, text.find('/')), authority) != UriFault::none) {
    return Failure{make_error_code(boost::system::errc::invalid_argument), Side::local, Stage::connect, false};
  }
  auto const target = "/explain?method=" + query_value(method) + "&url=" + query_value(url);
  try {
    auto const shown = get(authority, target, "text/plain");
    auto const parsed = get(authority, target, "application/json");
    return ExplainAnswer{shown.body(), shown.result() == http::status::ok, says_passes(parsed.body())};
  } catch (boost::system::system_error const& failed) {
    return Failure{failed.code(), Side::local, Stage::connect, false};
  }
}

}  // namespace ambassador::app
