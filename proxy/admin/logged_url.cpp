#include "admin/logged_url.hpp"

#include "config/protocol.hpp"
#include "route/nearest_miss.hpp"
#include "route/suggestion.hpp"

#include <algorithm>

namespace ambassador::admin {
namespace {

constexpr std::uint16_t default_listener_port = 1080;

constexpr std::string_view tcp_prefix = config::uri_prefix(config::TargetScheme::tcp);

bool was_seen(route::SeenCalls const& seen, route::SeenDestination const& wanted) {
  return std::any_of(seen.calls.begin(), seen.calls.end(), [&](route::SeenCall const& one) {
    return route::SeenDestination{one.form, one.host, one.port, one.path} == wanted;
  });
}

}  // namespace

bool read_logged_url(observe::LoggedCall const& call, route::RequestUrl& url) {
  std::string_view source = call.source;
  if (source.starts_with(tcp_prefix)) source.remove_prefix(tcp_prefix.size());
  bool const is_connection = source.find("://") == std::string_view::npos;
  return !route::read_typed_url(is_connection ? std::string_view{"CONNECT"} : std::string_view{call.method}, source, url);
}

std::uint16_t listener_port_of(observe::LoggedCall const& call, route::RequestUrl const& url, route::Snapshot const* snapshot) {
  if (call.listener_port != 0) return call.listener_port;
  if (snapshot == nullptr) return default_listener_port;
  auto const& listen = snapshot->settings.listen;
  bool const named = std::any_of(listen.begin(), listen.end(), [&](auto const& address) { return address.port == url.port(); });
  return named ? url.port() : std::uint16_t{0};
}

std::string lines_for(route::RequestUrl const& url, std::uint16_t listener_port, route::SeenCalls const& seen) {
  if (url.form != route::TargetForm::absolute || was_seen(seen, route::seen_destination(url, listener_port)))
    return route::lines_to_paste(url, listener_port);
  auto straight = url;
  straight.form = route::TargetForm::origin;
  bool const came_straight = was_seen(seen, route::seen_destination(straight, listener_port));
  return route::lines_to_paste(came_straight ? straight : url, listener_port);
}

}  // namespace ambassador::admin
