#include "admin/server.hpp"

#include "admin/endpoints.hpp"
#include "admin/page.hpp"
#include "admin/recent_calls.hpp"
#include "admin/status.hpp"
#include "admin/suggest.hpp"
#include "base/bytes.hpp"
#include "config/settings/yaml_text.hpp"
#include "net/now.hpp"
#include "route/explanation.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <array>

namespace ambassador::admin {
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
    "ambassador: a browser gets a page here\n"
    "  /metrics                         counters, for Prometheus\n"
    "  /healthz                         200 while alive\n"
    "  /readyz                          200 while it takes calls\n"
    "  /config                          the configuration in force\n"
    "  /explain?method=GET&url=http://  what a call would do, and why\n"
    "  /endpoints                       the endpoints of each source, and how they are\n"
    "  /suggest                         lines for what was called and is not covered\n"
    "  /status                          counters of the sources, endpoints and reloads, as JSON\n"
    "  /calls?after=N                   the last lines of the log, as JSON\n"
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

/// Of a query's parameters; empty where there is none of this name.
std::string parameter(std::string_view query, std::string_view name) {
  // A query alone is parsed as part of a relative reference.
  std::string reference{"?"};
  reference.append(query);
  auto const parsed = boost::urls::parse_relative_ref(reference);
  if (!parsed) return {};
  std::string value;
  for (auto const one : parsed->params()) {
    if (one.key == name) value = one.value;
  }
  return value;
}

/// What no browser should make more of than is said here: it is for this origin, and is what its type says.
SmallResponse local_response(status result, std::string body, std::string_view type = "text/plain; charset=utf-8") {
  auto response = text_response(result, std::move(body), type);
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Cross-Origin-Resource-Policy", "same-origin");
  response.set("Referrer-Policy", "no-referrer");
  return response;
}

SmallResponse page_response() {
  auto response = local_response(status::ok, std::string{page_html}, "text/html; charset=utf-8");
  response.set("Content-Security-Policy", boost::beast::string_view{page_policy.data(), page_policy.size()});
  response.set(http::field::vary, "Accept");
  return response;
}

/// Browsers say that they read HTML.
bool is_browser(std::string_view accept) { return accept.find("text/html") != std::string_view::npos; }

/// To be read in a browser, which would keep YAML as a file.
SmallResponse yaml_response(std::string yaml, std::string_view accept) {
  auto response =
      local_response(status::ok, std::move(yaml), is_browser(accept) ? "text/plain; charset=utf-8" : "application/yaml");
  response.set(http::field::vary, "Accept");
  return response;
}

constexpr std::array<std::string_view, 7> local_paths{"/",        "/calls",  "/config", "/endpoints",
                                                      "/explain", "/status", "/suggest"};

}  // namespace

SmallResponse Server::answer(SmallRequest const& request, boost::asio::ip::tcp::endpoint const& peer) const {
  auto const target = request.target();
  std::string_view const text{target.data(), target.size()};
  auto const question = std::min(text.find('?'), text.size());
  auto const path = text.substr(0, question);
  if (path == "/quit") return answer_quit(request, peer);
  if (request.method() != http::verb::get && request.method() != http::verb::head) return allow_only("GET, HEAD");
  if (path == "/metrics") {
    return text_response(status::ok, parts_.metrics.expose(), "text/plain; version=0.0.4; charset=utf-8");
  }
  if (path == "/healthz") return text_response(status::ok, "alive\n");
  if (path == "/readyz") return answer_ready();
  if (std::find(local_paths.begin(), local_paths.end(), path) == local_paths.end()) {
    return text_response(status::not_found, std::string{"not here: see /\n"});
  }
  if (!is_local(request, peer)) return for_loopback_only();
  auto const accept = request[http::field::accept];
  return answer_local(path, text.substr(std::min(question + 1, text.size())), {accept.data(), accept.size()});
}

SmallResponse Server::answer_ready() const {
  if (draining_) return text_response(status::service_unavailable, "draining\n");
  auto const& trouble = parts_.reloads.trouble();
  return text_response(status::ok, trouble.empty() ? "ready\n" : "ready; " + trouble + '\n');
}

SmallResponse Server::answer_quit(SmallRequest const& request, boost::asio::ip::tcp::endpoint const& peer) const {
  if (request.method() != http::verb::post) return allow_only("POST");
  if (!is_local(request, peer)) return for_loopback_only();
  if (request.find(http::field::origin) != request.end()) {
    return text_response(status::forbidden, "not for a page in a browser: it says where it is from (Origin)\n");
  }
  if (quit_) quit_();
  return text_response(status::ok, "ending\n");
}

SmallResponse Server::answer_local(std::string_view path, std::string_view query, std::string_view accept) const {
  auto const now = net::now();
  if (path == "/config") return yaml_response(config::to_yaml(snapshot_->settings), accept);
  if (path == "/endpoints") return local_response(status::ok, endpoints_text(parts_.endpoints, now));
  if (path == "/suggest") return yaml_response(suggest_seen(*snapshot_, parts_.metrics, parts_.seen()), accept);
  if (path == "/explain") return answer_explain(query, accept.starts_with("application/json"));
  if (path == "/status") {
    StatusParts const parts{*snapshot_,      parts_.metrics, parts_.endpoints, parts_.reloads,
                            parts_.resolver, parts_.version, started_,         draining_};
    return local_response(status::ok, status_json(parts, std::chrono::system_clock::now(), now), "application/json");
  }
  if (path == "/calls") {
    auto const after = parse_decimal(parameter(query, "after")).value_or(0);
    return local_response(status::ok, recent_calls_json(*snapshot_, parts_.lines, parts_.seen(), after), "application/json");
  }
  if (is_browser(accept)) return page_response();
  return local_response(status::ok, std::string{index_text});
}

SmallResponse Server::answer_explain(std::string_view query, bool json) const {
  auto const url = parameter(query, "url");
  if (url.empty()) return local_response(status::bad_request, "say /explain?method=GET&url=http://host/path\n");
  auto const method = parameter(query, "method");
  auto const explanation = explain(snapshot_->rules, method.empty() ? "GET" : method, url);
  return json ? local_response(status::ok, to_json(explanation), "application/json")
              : local_response(status::ok, to_text(explanation));
}

}  // namespace ambassador::admin
