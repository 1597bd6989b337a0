#include "command/admin_client.hpp"

#include "base/uri.hpp"
#include "config/protocol.hpp"
#include "net/stream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json/parse.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace ambassador::command {
namespace asio = boost::asio;

namespace {

constexpr std::uint16_t default_admin_port = 9901;
constexpr std::string_view http_prefix = config::uri_prefix(config::TargetScheme::http);

std::string query_value(std::string const& text) { return boost::urls::encode(text, boost::urls::unreserved_chars); }

std::optional<Authority> read_admin(std::string_view text) {
  if (text.starts_with(http_prefix)) text.remove_prefix(http_prefix.size());
  Authority authority;
  if (parse_authority(text.substr(0, text.find('/')), authority) != UriFault::none) return std::nullopt;
  return authority;
}

Failure not_an_address() {
  return {make_error_code(boost::system::errc::invalid_argument), Side::local, Stage::connect, false};
}

/// Throws boost::system::system_error.
std::vector<asio::ip::tcp::endpoint> look_up(Authority const& admin) {
  asio::io_context context;
  asio::ip::tcp::resolver resolver{context};
  auto host = admin.host;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  std::vector<asio::ip::tcp::endpoint> found;
  for (auto const& entry : resolver.resolve(host, std::to_string(admin.port_or(default_admin_port)))) found.push_back(entry);
  return found;
}

bool says_passes(std::string const& json) {
  boost::system::error_code failed;
  auto const value = boost::json::parse(json, failed);
  if (failed || !value.is_object()) return false;
  auto const* target = value.as_object().if_contains("target");
  return target != nullptr && target->is_string() && !target->as_string().empty();
}

}  // namespace

bool is_admin_url(std::string const& admin) { return read_admin(admin).has_value(); }

std::string admin_url(config::ListenAddress const& address) {
  bool const either = address.is_default || address.both_families;  // whichever family there is
  if (either) return "http://localhost:" + std::to_string(address.port);
  auto host = asio::ip::make_address(address.host);
  if (host.is_unspecified()) {
    host = host.is_v4() ? asio::ip::address{asio::ip::address_v4::loopback()} : asio::ip::address_v6::loopback();
  }
  return "http://" + net::to_text({host, address.port});
}

Result<AdminAnswer> ask_admin(std::string const& admin, AdminQuestion const& question) {
  auto const authority = read_admin(admin);
  if (!authority) return not_an_address();
  try {
    auto const response = ask(look_up(*authority), {.target = question.path,
                                                    .host = authority->text(80),
                                                    .accept = question.accept,
                                                    .method = question.method,
                                                    .limit = question.limit});
    return AdminAnswer{response.result_int(), response.body()};
  } catch (boost::system::system_error const& failed) {
    return Failure{failed.code(), Side::local, Stage::connect, false};
  }
}

Result<ExplainAnswer> ask_explain(std::string const& admin, std::string const& method, std::string const& url) {
  auto const path = "/explain?method=" + query_value(method) + "&url=" + query_value(url);
  auto const shown = ask_admin(admin, {.path = path});
  if (!shown) return shown.error();
  auto const parsed = ask_admin(admin, {.path = path, .accept = "application/json"});
  if (!parsed) return parsed.error();
  return ExplainAnswer{shown->text, shown->ok(), says_passes(parsed->text)};
}

}  // namespace ambassador::command
