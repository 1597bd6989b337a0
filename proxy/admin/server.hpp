// The admin port. Anyone who reaches it may ask how we are and scrape the counters; what tells of the configuration, and
// what ends the process, is for loopback peers that name a loopback Host (so that no page in a browser can ask for it by
// DNS rebinding).
#pragma once

#include "admin/reload_report.hpp"
#include "admin/small_server.hpp"
#include "net/resolver.hpp"
#include "observe/metrics.hpp"
#include "observe/recent_lines.hpp"
#include "route/seen.hpp"
#include "route/snapshot.hpp"
#include "upstream/endpoint_states.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace ambassador::admin {

/// What is told of, beside the configuration.
struct ServerParts {
  observe::Metrics const& metrics;
  upstream::EndpointStates const& endpoints;
  ReloadReport const& reloads;
  net::Resolver const& resolver;
  observe::RecentLines const& lines;
  std::string version;
  std::function<route::SeenCalls()> seen;  ///< what the workers saw called that the configuration does not cover
};

/// Answers the requests that small_server hands it. Of the control thread alone.
class Server {
 public:
  Server(route::Snapshot const& snapshot, ServerParts parts) : snapshot_{&snapshot}, parts_{std::move(parts)} {}

  /// The one in force from now on.
  void use(route::Snapshot const& snapshot) noexcept { snapshot_ = &snapshot; }

  /// `peer` says whether the request came from this machine.
  SmallResponse answer(SmallRequest const& request, boost::asio::ip::tcp::endpoint const& peer) const;

  void set_draining() noexcept { draining_ = true; }
  /// What POST /quit does.
  void on_quit(std::function<void()> quit) { quit_ = std::move(quit); }

 private:
  [[nodiscard]] SmallResponse answer_quit(SmallRequest const& request, boost::asio::ip::tcp::endpoint const& peer) const;
  [[nodiscard]] SmallResponse answer_ready() const;
  [[nodiscard]] SmallResponse answer_local(std::string_view path, std::string_view query, std::string_view accept) const;
  [[nodiscard]] SmallResponse answer_explain(std::string_view query, bool json) const;

  route::Snapshot const* snapshot_;
  ServerParts const parts_;
  SystemTime const started_ = std::chrono::system_clock::now();
  bool draining_ = false;
  std::function<void()> quit_;
};

}  // namespace ambassador::admin
