// The admin port. Anyone who reaches it may ask how we are and scrape the counters; what tells of the configuration, and
// what ends the process, is for loopback peers that name a loopback Host (so that no page in a browser can ask for it by
// DNS rebinding).
#pragma once

#include "app/reload_report.hpp"
#include "app/small_server.hpp"
#include "app/snapshot.hpp"
#include "net/resolver.hpp"
#include "observe/metrics.hpp"
#include "observe/recent_lines.hpp"
#include "upstream/endpoint_states.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace ambassador::app {

/// What is told of, beside the configuration.
struct AdminParts {
  observe::Metrics const& metrics;
  upstream::EndpointStates const& endpoints;
  ReloadReport const& reloads;
  net::Resolver const& resolver;
  observe::RecentLines const& lines;
  std::string version;
};

class Admin {
 public:
  Admin(Snapshot const& snapshot, AdminParts parts) : snapshot_{&snapshot}, parts_{std::move(parts)} {}

  /// The one in force from now on.
  void use(Snapshot const& snapshot) noexcept { snapshot_ = &snapshot; }

  SmallResponse answer(SmallRequest const& request, boost::asio::ip::tcp::endpoint const& peer) const;

  void set_draining() noexcept { draining_ = true; }
  /// What POST /quit does.
  void on_quit(std::function<void()> quit) { quit_ = std::move(quit); }

 private:
  [[nodiscard]] SmallResponse answer_quit(SmallRequest const& request, boost::asio::ip::tcp::endpoint const& peer) const;
  [[nodiscard]] SmallResponse answer_ready() const;
  [[nodiscard]] SmallResponse answer_local(std::string_view path, std::string_view query, std::string_view accept) const;
  [[nodiscard]] SmallResponse answer_explain(std::string_view query, bool json) const;

  Snapshot const* snapshot_;
  AdminParts const parts_;
  SystemTime const started_ = std::chrono::system_clock::now();
  bool draining_ = false;
  std::function<void()> quit_;
};

}  // namespace ambassador::app
