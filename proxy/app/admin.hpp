// The admin port. Anyone who reaches it may ask how we are and scrape the counters; what tells of the configuration, and
// what ends the process, is for loopback peers that name a loopback Host (so that no page in a browser can ask for it by
// DNS rebinding).
#pragma once

#include "app/small_server.hpp"
#include "app/snapshot.hpp"
#include "observe/metrics.hpp"
#include "upstream/endpoint_states.hpp"

#include <functional>
#include <string>
#include <utility>

namespace ambassador::app {

class Admin {
 public:
  Admin(Snapshot const& snapshot, observe::Metrics const& metrics, upstream::EndpointStates const& endpoints)
      : snapshot_{&snapshot}, metrics_{metrics}, endpoints_{endpoints} {}

  /// The one in force from now on.
  void use(Snapshot const& snapshot) noexcept { snapshot_ = &snapshot; }
  /// What is to be known beside that we are ready; empty: nothing.
  void set_trouble(std::string trouble) { trouble_ = std::move(trouble); }

  SmallResponse answer(SmallRequest const& request, boost::asio::ip::tcp::endpoint const& peer) const;

  void set_draining() noexcept { draining_ = true; }
  /// What POST /quit does.
  void on_quit(std::function<void()> quit) { quit_ = std::move(quit); }

 private:
  [[nodiscard]] SmallResponse answer_quit(SmallRequest const& request, boost::asio::ip::tcp::endpoint const& peer) const;
  [[nodiscard]] SmallResponse answer_local(std::string_view path, std::string_view query, bool json) const;

  Snapshot const* snapshot_;
  std::string trouble_;
  observe::Metrics const& metrics_;
  upstream::EndpointStates const& endpoints_;
  bool draining_ = false;
  std::function<void()> quit_;
};

}  // namespace ambassador::app
