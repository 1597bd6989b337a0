#include "app/app.hpp"

#include "app/endpoint_report.hpp"
#include "app/port_owner.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <csignal>
#include <random>

#include <fmt/format.h>
#include <prometheus/gauge.h>
#include <unistd.h>

namespace ambassador::app {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// Our name in Via, of this process alone: a chain of ambassadors is no loop.
std::string make_pseudonym() {
  std::random_device random;
  return fmt::format("ambassador-{:08x}", random());
}

tcp::endpoint endpoint_of(config::ListenAddress const& address) { return {asio::ip::make_address(address.host), address.port}; }

std::string_view scheme_of(session::ListenerInfo const& listener) {
  switch (listener.protocol) {
    case config::ListenProtocol::http: return listener.tls != nullptr ? "https" : "http";
    case config::ListenProtocol::tcp: return "tcp";
    case config::ListenProtocol::transparent: return "transparent";
  }
  return "http";
}

bool is_missing_family(boost::system::error_code code) {
  return code == boost::system::errc::address_family_not_supported || code == boost::system::errc::address_not_available;
}

}  // namespace

App::App(Snapshot const& snapshot, AppOptions options, std::shared_ptr<observe::EventLog> events)
    : snapshot_{snapshot},
      options_{std::move(options)},
      events_{std::move(events)},
      pseudonym_{make_pseudonym()},
      signals_{control_},
      drain_timer_{control_},
      resolver_{control_, {.server = options_.name_server}},
      files_{snapshot.settings},
      file_watch_{control_},
      egress_files_{.tls = [this](config::UpstreamTls const& tls, config::TargetScheme scheme) -> net::TlsSource& {
                      return files_.client(tls, scheme);
                    },
                    .via_credentials = [this](config::Via const& via) -> net::Current<std::string> const& {
                      return files_.via_credentials(via);
                    }},
      egress_{snapshot.settings, egress_files_},
      source_limits_{snapshot.settings.map} {
  for (auto const& mapping : snapshot.settings.map) {
    credentials_.push_back(mapping.credential ? &files_.credential(*mapping.credential) : nullptr);
  }
}

App::~App() {
  workers_.clear();
  for (auto const& socket : sockets_) ::close(socket.descriptor);
  if (admin_descriptor_ >= 0) ::close(admin_descriptor_);
}

std::optional<CannotListen> App::cannot_listen(config::ListenAddress const& address, boost::system::error_code code,
                                               std::string_view what) const {
  auto const text = net::to_text(endpoint_of(address));
  if (code != asio::error::address_in_use) {
    return CannotListen{fmt::format("cannot listen on {} ({}): {}", text, what, code.message())};
  }
  auto const owner = describe_port_owner(endpoint_of(address));
  return CannotListen{fmt::format("cannot listen on {} ({}): the port is in use{}. Stop that process or choose another port{}",
                                  text, what, owner,
                                  what == "admin" ? "" : "; two ambassadors may share one with --share-port")};
}

/// One socket a worker, in one SO_REUSEPORT group. Under that option a second process would bind in silence, so the
/// first bind is made without it.
std::optional<CannotListen> App::open_listener(config::ListenAddress const& address) {
  auto endpoint = endpoint_of(address);
  if (options_.share_port && endpoint.port() != 0 && PortGuard::is_held(endpoint.port())) {
    return cannot_listen(address, asio::error::address_in_use, "listen");
  }
  if (endpoint.port() != 0 && !options_.share_port) {
    auto const probe = net::open_listening_socket(endpoint, false);
    if (!probe) {
      if (address.is_default && is_missing_family(probe.error().code)) {
        events_->warn("not listening on {}: {}", net::to_text(endpoint), probe.error().code.message());
        return std::nullopt;
      }
      return cannot_listen(address, probe.error().code, "listen");
    }
    ::close(*probe);
  }
  auto const index = listeners_.size();
  for (unsigned worker = 0; worker < options_.workers; ++worker) {
    auto const opened = net::open_listening_socket(endpoint, true);
    if (!opened) return cannot_listen(address, opened.error().code, "listen");
    sockets_.push_back({index, *opened});
    endpoint = net::bound_address(*opened);  // the real port, for the next worker
  }
  if (!options_.share_port && !guard_.hold(endpoint.port()))
    return cannot_listen(address, asio::error::address_in_use, "listen");
  add_listener(address, endpoint);
  return std::nullopt;
}

/// `endpoint` has the real port.
void App::add_listener(config::ListenAddress const& address, tcp::endpoint const& endpoint) {
  listeners_.push_back({.index = listeners_.size(),
                        .text = net::to_text(endpoint),
                        .port = endpoint.port(),
                        .protocol = address.protocol,
                        .mapping = static_cast<std::uint32_t>(address.mapping),
                        .proxy_protocol = address.proxy_protocol,
                        .tls = address.tls ? &files_.server(*address.tls) : nullptr});
  own_addresses_.push_back(endpoint);
}

std::optional<CannotListen> App::open_admin() {
  if (!snapshot_.settings.admin) return std::nullopt;
  auto const opened = net::open_listening_socket(endpoint_of(*snapshot_.settings.admin), false);
  if (!opened) return cannot_listen(*snapshot_.settings.admin, opened.error().code, "admin");
  admin_descriptor_ = *opened;
  auto const endpoint = net::bound_address(admin_descriptor_);
  admin_text_ = net::to_text(endpoint);
  own_addresses_.push_back(endpoint);
  return std::nullopt;
}

std::optional<CannotListen> App::open() {
  for (auto const& address : snapshot_.settings.listen) {
    if (auto failed = open_listener(address)) return failed;
  }
  if (listeners_.empty()) return CannotListen{"no address to listen on is left: give --listen"};
  return open_admin();
}

void App::start_workers() {
  std::vector<std::string> sources;
  std::vector<std::string> addresses;
  for (auto const& mapping : snapshot_.settings.map) sources.push_back(mapping.source_text);
  for (auto const& listener : listeners_) addresses.push_back(listener.text);
  metrics_ = std::make_unique<observe::Metrics>(std::move(sources), std::move(addresses), options_.workers, options_.version,
                                                snapshot_.settings.allow.size());
  prometheus::BuildGauge()
      .Name("ambassador_config_last_reload_successful")
      .Help("Whether the configuration that was read last is in force.")
      .Register(metrics_->registry())
      .Add({})
      .Set(1);
  metrics_->also_collect([this] { return endpoints_family(endpoint_states_, std::chrono::steady_clock::now()); });
  files_.watch(file_watch_, *events_, metrics_->registry());
  log_writer_ = std::make_unique<observe::LogWriter>(observe::LogWriter::Options{}, events_, metrics_->log_lines_dropped());
  commons_ = std::make_unique<Commons>(Commons{snapshot_, control_, resolver_, *metrics_, *log_writer_, *events_, upstreams_,
                                               endpoint_states_, own_addresses_, pseudonym_, memory_, egress_, source_limits_,
                                               credentials_});
  for (unsigned index = 0; index < options_.workers; ++index) workers_.push_back(std::make_unique<Worker>(*commons_, index));
  for (std::size_t position = 0; position < sockets_.size(); ++position) {
    auto const& socket = sockets_[position];
    workers_[position % options_.workers]->listen(socket.descriptor, listeners_[socket.listener]);
  }
  sockets_.clear();  // the workers own them now
  for (auto& worker : workers_) worker->start();
}

void App::run() {
  std::signal(SIGPIPE, SIG_IGN);
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.add(SIGHUP);
  wait_for_signal();
  start_workers();
  admin_ = std::make_unique<Admin>(snapshot_, *metrics_);
  admin_->on_quit([this] { request_stop(); });
  if (admin_descriptor_ >= 0) {
    admin_server_ = std::make_unique<SmallServer>(
        control_, std::exchange(admin_descriptor_, -1),
        [this](SmallRequest const& request, tcp::endpoint peer) { return admin_->answer(request, peer); });
  }
  for (auto const& listener : listeners_) events_->info("listening on {}://{}", scheme_of(listener), listener.text);
  if (!admin_text_.empty()) events_->info("admin on http://{}", admin_text_);
  control_.run();
  workers_.clear();  // ends and joins the threads; what they had to log is handed over
  log_writer_->stop();
}

void App::wait_for_signal() {
  signals_.async_wait([this](boost::system::error_code const& cancelled, int signal) {
    if (cancelled) return;
    wait_for_signal();
    if (signal == SIGHUP) {
      events_->warn("SIGHUP is ignored: the configuration is read at start only in this version");
    } else {
      drain_.second_signal = std::exchange(signalled_, true);
      begin_drain();
    }
  });
}

void App::request_stop() {
  asio::post(control_, [this] {
    drain_.quit = true;
    begin_drain();
  });
}

/// Again, for `quit` and for the second signal.
void App::begin_drain() {
  auto const now = std::chrono::steady_clock::now();
  if (!draining_since_) {
    draining_since_ = now;
    quiet_.emplace(now);
    admin_->set_draining();
    for (auto& worker : workers_) worker->begin_drain();
    // Another process serves the port now, and it must get the new connections.
    if (options_.share_port && !drain_.quit) {
      for (auto& worker : workers_) worker->stop_listening();
    }
    if (!drain_.quit) {
      events_->info("draining: calls are served until there was none for {} s, for {} s at most; a second signal ends at once",
                    drain_quiet.count(), drain_limit.count());
    }
  }
  look_at_drain();
}

void App::look_at_drain() {
  auto const now = std::chrono::steady_clock::now();
  Activity activity;
  for (auto const& worker : workers_) activity += worker->activity();
  drain_.connections = activity.connections;
  drain_.elapsed = now - *draining_since_;
  drain_.quiet = quiet_->look(activity, now);
  drain_.since_cut = now - cut_at_;
  switch (next_step(drain_)) {
    case DrainStep::serve:
    case DrainStep::wait: break;
    case DrainStep::close: close_for_good(); break;
    case DrainStep::cut:
      events_->warn("{} connections are cut", activity.connections);
      drain_.cut = true;
      cut_at_ = now;
      for (auto& worker : workers_) worker->shut_down();
      break;
    case DrainStep::finish: events_->info("ended"); return control_.stop();
  }
  drain_timer_.expires_after(drain_look);
  drain_timer_.async_wait([this](boost::system::error_code const& cancelled) {
    if (!cancelled) look_at_drain();
  });
}

void App::close_for_good() {
  events_->info("ending: no new connections, what runs is finished");
  drain_.closed = true;
  for (auto& worker : workers_) worker->drain();
}

}  // namespace ambassador::app
