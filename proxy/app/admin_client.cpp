#include "app/admin_client.hpp"

#include "app/small_client.hpp"
#include "base/uri.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json/parse.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace ambassador::app {
namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::uint16_t default_admin_port = 9901;

std::string query_value(std::string const& text) { return boost::urls::encode(text, boost::urls::unreserved_chars); }

std::optional<Authority> read_admin(std::string_view text) {
  if (text.starts_with("http://")) text.remove_prefix(7);
  Authority authority;
  if (parse_authority(text.substr(0, text.find('/')), authority) != UriFault::none) return std::nullopt;
  return authority;
}

Failure not_an_address() {
  return {make_error_code(boost::system::errc::invalid_argument), Side::local, Stage::connect, false};
}

/// The first address of `admin`; throws boost::system::system_error.
asio::ip::tcp::endpoint look_up(Authority const& admin) {
  asio::io_context context;
  asio::ip::tcp::resolver resolver{context};
  auto host = admin.host;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return *resolver.resolve(host, std::to_string(admin.port_or(default_admin_port))).begin();
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
  auto const authority = read_admin(admin);
  if (!authority) return not_an_address();
  auto const target = "/explain?method=" + query_value(method) + "&url=" + query_value(url);
  try {
    auto const server = look_up(*authority);
    auto const shown = get_from(server, {.target = target, .host = authority->text(80), .accept = "text/plain"});
    auto const parsed = get_from(server, {.target = target, .host = authority->text(80), .accept = "application/json"});
    return ExplainAnswer{shown.body(), shown.result() == http::status::ok, says_passes(parsed.body())};
  } catch (boost::system::system_error const& failed) {
    return Failure{failed.code(), Side::local, Stage::connect, false};
  }
}

Result<SuggestAnswer> ask_suggest(std::string const& admin) {
  auto const authority = read_admin(admin);
  if (!authority) return not_an_address();
  try {
    auto const response = get_from(look_up(*authority), {.target = "/suggest", .host = authority->text(80)});
    return SuggestAnswer{response.body(), response.result() == http::status::ok};
  } catch (boost::system::system_error const& failed) {
    return Failure{failed.code(), Side::local, Stage::connect, false};
  }
}

}  // namespace ambassador::app
