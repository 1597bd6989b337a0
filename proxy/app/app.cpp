#include "app/app.hpp"

#include "admin/endpoints.hpp"
#include "config/protocol.hpp"
#include "net/now.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <csignal>
#include <random>

#include <fmt/format.h>
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

std::string_view scheme_of(session::ListenerInfo const& listener) {
  auto const* const protocol = config::find_protocol(listener.protocol);
  if (protocol == nullptr) return "transparent";
  bool const tls = listener.tls != nullptr;
  auto const target = std::find_if(protocol->targets.begin(), protocol->targets.end(),
                                   [&](config::TargetRow const& row) { return row.tls == tls; });
  return config::name(target->scheme);
}

}  // namespace

App::App(std::shared_ptr<route::Snapshot const> snapshot, AppOptions options, std::shared_ptr<observe::EventLog> events)
    : options_{std::move(options)},
      events_{std::move(events)},
      pseudonym_{make_pseudonym()},
      signals_{control_},
      drain_timer_{control_},
      resolver_{control_, {.server = options_.name_server}},
      metrics_{{}, {}, options_.workers, options_.version},
      file_watch_{control_},
      file_news_{*events_, metrics_.registry()},
      live_{std::make_shared<LiveSnapshot>(std::move(snapshot), egresses_, nullptr)},
      listeners_{options_.workers, options_.share_port, *events_},
      admin_at_start_{live_->settings().admin},
      workers_at_start_{live_->settings().workers},
      reloads_{*events_, metrics_.registry()} {}

App::~App() {
  workers_.clear();
  if (admin_descriptor_ >= 0) ::close(admin_descriptor_);
}

std::optional<CannotListen> App::open_admin() {
  if (!admin_at_start_) return std::nullopt;
  bool const both = admin_at_start_->both_families;
  auto opened = net::open_listening_socket(endpoint_of(*admin_at_start_), false, both);
  if (!opened && is_missing_family(opened.error().code)) {
    if (both) {
      opened = net::open_listening_socket({asio::ip::address_v4::any(), admin_at_start_->port}, false);
    } else if (admin_at_start_->is_default) {
      opened = net::open_listening_socket({asio::ip::address_v6::loopback(), admin_at_start_->port}, false);
    }
  }
  if (!opened) return cannot_listen(*admin_at_start_, opened.error().code, "admin");
  admin_descriptor_ = *opened;
  admin_address_ = net::bound_address(admin_descriptor_);
  return std::nullopt;
}

std::optional<CannotListen> App::open() {
  auto opened = listeners_.open(live_->settings().listen);
  if (!opened) return opened.error();
  if (auto failed = open_admin()) return failed;
  listeners_.take(*opened);
  first_listeners_.emplace(std::move(*opened));
  complete(*live_, nullptr);
  return std::nullopt;
}

void App::say_listening(session::ListenerInfo const& listener) const {
  events_->info("listening on {}://{}", scheme_of(listener), listener.text);
}

void App::tell_manager(machine::ServiceState state) const {
  if (auto const failed = machine::tell_service_manager(options_.service_manager, state)) {
    events_->warn("the service manager at {} cannot be told how we are: {}", options_.service_manager, failed.message());
  }
}

void App::start_workers() {
  metrics_.also_collect([this] { return admin::endpoints_family(endpoint_states_, net::now()); });
  log_writer_ = std::make_unique<observe::LogWriter>(
      observe::LogWriter::Options{.recent = admin_descriptor_ >= 0 ? recent_lines_ : nullptr}, events_,
      metrics_.log_lines_dropped());
  process_ = std::make_unique<ProcessParts>(
      ProcessParts{control_, resolver_, metrics_, *log_writer_, *events_, upstreams_, endpoint_states_, pseudonym_, memory_});
  for (unsigned index = 0; index < options_.workers; ++index) {
    workers_.push_back(std::make_unique<Worker>(*process_, index, live_, first_listeners_->take_sockets(index)));
  }
  first_listeners_.reset();
  for (auto& worker : workers_) worker->start();
}

/// What all workers saw; a destination may be there once for each.
route::SeenCalls App::seen_calls() const {
  route::SeenCalls seen;
  for (auto const& worker : workers_) worker->add_seen_to(seen);
  return seen;
}

void App::run() {
  std::signal(SIGPIPE, SIG_IGN);
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.add(SIGHUP);
  wait_for_signal();
  start_workers();
  live_->files().watch(file_watch_, file_news_);
  watch_configuration(live_->snapshot().files);
  admin_ = std::make_unique<admin::Server>(
      live_->snapshot(), admin::ServerParts{metrics_, endpoint_states_, reloads_, resolver_, *recent_lines_, options_.version,
                                            [this] { return seen_calls(); }});
  admin_->on_quit([this] { request_stop(); });
  if (admin_descriptor_ >= 0) {
    admin_server_ = std::make_unique<admin::SmallServer>(
        control_, std::exchange(admin_descriptor_, -1),
        [this](admin::SmallRequest const& request, tcp::endpoint peer) { return admin_->answer(request, peer); }, events_);
  }
  for (auto const& listener : live_->listeners) say_listening(*listener);
  if (admin_address_) events_->info("admin on http://{}", net::to_text(*admin_address_));
  tell_manager(machine::ServiceState::ready);
  control_.run();
  workers_.clear();  // ends and joins the threads; what they had to log is handed over
  log_writer_->stop();
}

void App::wait_for_signal() {
  signals_.async_wait([this](boost::system::error_code const& cancelled, int signal) {
    if (cancelled) return;
    wait_for_signal();
    if (signal == SIGHUP) {
      reload();
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
  auto const now = net::now();
  if (!draining_since_) {
    draining_since_ = now;
    quiet_.emplace(now);
    admin_->set_draining();
    tell_manager(machine::ServiceState::stopping);
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
  auto const now = net::now();
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
