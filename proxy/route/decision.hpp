// The decision over one request: a pure function of the map, the allow list and what was asked. Every decision has a
// reason; what is not in the map is blocked.
#pragma once

#include "route/request_url.hpp"
#include "route/route_table.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ambassador::route {

enum class Verdict : std::uint8_t { mapped, allowed, reported, blocked };

struct Decision {
  Verdict verdict = Verdict::blocked;
  RouteTable::Match match;                   ///< of `mapped`
  config::Target const* target = nullptr;    ///< of `mapped`: the first of the source's, until one was chosen
  config::AllowRule const* allow = nullptr;  ///< of `allowed`, where a rule allowed it and not `unmapped: allow`
};

/// Everything that decides: built once from the settings, which it borrows, and never changed.
class Rules {
 public:
  explicit Rules(config::Settings const& settings);

  /// `listener_port` is the port the request came in at, 0 where there is none (`explain`, `expect`).
  [[nodiscard]] Decision decide(RequestUrl const& url, std::string_view method, std::span<wire::http::Field const> fields,
                                std::uint16_t listener_port) const;

  [[nodiscard]] RouteTable const& routes() const noexcept { return routes_; }
  [[nodiscard]] config::Settings const& settings() const noexcept { return settings_; }

 private:
  [[nodiscard]] std::optional<RouteTable::Match> find_source(RequestUrl const& url, Query const& query,
                                                             std::uint16_t listener_port) const;
  [[nodiscard]] config::AllowRule const* find_allowed(RequestUrl const& url) const;
  [[nodiscard]] Decision decide_unmapped(RequestUrl const& url, std::uint16_t listener_port) const;
  [[nodiscard]] Decision decide_connect(RequestUrl const& url, std::uint16_t listener_port) const;

  config::Settings const& settings_;
  RouteTable routes_;
  HostIndex<std::vector<config::AllowRule const*>> allowed_;
  std::vector<config::AllowRule const*> allowed_networks_;  ///< for destinations that are addresses
};

/// Whether the request's authority is the listener that it came in at: a loopback name with its port.
bool names_listener(RequestUrl const& url, std::uint16_t listener_port) noexcept;
/// Whether its port is; never where `listener_port` is 0.
bool has_listener_port(RequestUrl const& url, std::uint16_t listener_port) noexcept;

/// Whether the map is what the request is meant for, and not the allow list: it came straight to a listener, or a proxied
/// app asks for port 80 of its own machine, where nothing else listens.
bool is_meant_for_map(RequestUrl const& url, std::uint16_t listener_port) noexcept;

/// The scheme that the call goes on with.
config::TargetScheme target_scheme(Decision const& decision, RequestUrl const& url) noexcept;

/// The query that a request makes of the table.
Query query_of(RequestUrl const& url, std::string_view method, std::span<wire::http::Field const> fields) noexcept;

/// Appends the URL that the call goes to, `http(s)://host[:port]/path[?query]`, and returns where in it the path begins.
/// One slash stands at the seam between the target's path and the rest of the request's.
std::size_t append_target_url(std::string& out, Decision const& decision, RequestUrl const& url);

}  // namespace ambassador::route
