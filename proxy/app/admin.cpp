#include "app/admin.hpp"

#include "app/endpoint_report.hpp"
#include "app/explanation.hpp"
#include "app/suggest.hpp"
#include "config/load.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace ambassador::app {
namespace {

namespace http = boost::beast::http;
using http::status;

bool names_loopback(SmallRequest const& request) {
  auto const host = request[http::field::host];
  Authority authority;
  return parse_authority({host.data(), host.size()}, authority) == UriFault::none && is_loopback_host(authority.host);
}

bool is_loopback(boost::asio::ip::address const& address) {
  return address.is_loopback() || (address.is_v6() && address.to_v6().is_v4_mapped() &&
                                   boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).is_loopback());
}

constexpr std::string_view index_text =
    "ambassador\n"
    "  /metrics                         counters, for Prometheus\n"
    "  /healthz                         200 while alive\n"
    "  /readyz                          200 while it takes calls\n"
    "  /config                          the configuration in force\n"
    "  /explain?method=GET&url=http://  what a call would do, and why\n"
    "  /endpoints                       the endpoints of each source, and how they are\n"
    "  /suggest                         lines for what was called and is not covered\n"
    "  /quit                            POST: ends, once the calls under way are finished\n";

bool is_local(SmallRequest const& request, boost::asio::ip::tcp::endpoint const& peer) {
  return is_loopback(peer.address()) && names_loopback(request);
}

SmallResponse for_loopback_only() {
  return text_response(status::forbidden, "for loopback only: use kubectl port-forward, and http://localhost\n");
}

SmallResponse allow_only(std::string_view methods) {
  auto response = text_response(status::method_not_allowed, std::string{methods} + " only\n");
  response.set(http::field::allow, boost::beast::string_view{methods.data(), methods.size()});
  return response;
}

}  // namespace

SmallResponse Admin::answer(SmallRequest const& request, boost::asio::ip::tcp::endpoint const& peer) const {
  auto const target = request.target();
  std::string_view const text{target.data(), target.size()};
  auto const question = text.find('?');
  auto const path = text.substr(0, question);
  if (path == "/quit") return answer_quit(request, peer);
  if (request.method() != http::verb::get && request.method() != http::verb::head) return allow_only("GET, HEAD");
  if (path == "/metrics") return text_response(status::ok, metrics_.expose(), "text/plain; version=0.0.4; charset=utf-8");
  if (path == "/healthz") return text_response(status::ok, "alive\n");
  if (path == "/readyz") {
    if (draining_) return text_response(status::service_unavailable, "draining\n");
    return text_response(status::ok, trouble_.empty() ? "ready\n" : "ready; " + trouble_ + '\n');
  }
  if (path != "/" && path != "/config" && path != "/endpoints" && path != "/explain" && path != "/suggest") {
    return text_response(status::not_found, std::string{"not here: see /\n"});
  }
  if (!is_local(request, peer)) return for_loopback_only();
  auto const accept = request[http::field::accept];
  bool const json = std::string_view{accept.data(), accept.size()}.starts_with("application/json");
  return answer_local(path, question == std::string_view::npos ? std::string_view{} : text.substr(question + 1), json);
}

SmallResponse Admin::answer_quit(SmallRequest const& request, boost::asio::ip::tcp::endpoint const& peer) const {
  if (request.method() != http::verb::post) return allow_only("POST");
  if (!is_local(request, peer)) return for_loopback_only();
  if (request.find(http::field::origin) != request.end()) {
    return text_response(status::forbidden, "not for a page in a browser: it says where it is from (Origin)\n");
  }
  if (quit_) quit_();
  return text_response(status::ok, "ending\n");
}

SmallResponse Admin::answer_local(std::string_view path, std::string_view query, bool json) const {
  if (path == "/") return text_response(status::ok, std::string{index_text});
  if (path == "/config") return text_response(status::ok, config::to_yaml(snapshot_->settings), "application/yaml");
  if (path == "/endpoints") return text_response(status::ok, endpoints_text(endpoints_, std::chrono::steady_clock::now()));
  if (path == "/suggest") return text_response(status::ok, suggest_seen(*snapshot_, metrics_), "application/yaml");
  // A query alone is parsed as part of a relative reference.
  std::string reference{"?"};
  reference.append(query);
  auto const parsed = boost::urls::parse_relative_ref(reference);
  std::string method = "GET";
  std::string url;
  if (parsed) {
    for (auto const parameter : parsed->params()) {
      if (parameter.key == "method") method = parameter.value;
      if (parameter.key == "url") url = parameter.value;
    }
  }
  if (url.empty()) return text_response(status::bad_request, "say /explain?method=GET&url=http://host/path\n");
  auto const explanation = explain(snapshot_->rules, method, url);
  return json ? text_response(status::ok, to_json(explanation), "application/json")
              : text_response(status::ok, to_text(explanation));
}

}  // namespace ambassador::app
