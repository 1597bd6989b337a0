#include "app/worker.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <csignal>
#include <ctime>

#include <pthread.h>

namespace ambassador::app {
namespace asio = boost::asio;

namespace {

SteadyTime now() noexcept { return std::chrono::steady_clock::now(); }

observe::LogOptions log_options(config::Log const& log) {
  auto const format = log.format == config::LogFormat::json ? observe::LineFormat::json : observe::LineFormat::text;
  return {{format, log.redact_query}, log.share};
}

wire::http::HeadLimits head_limits(config::Limits const& limits) { return {limits.head, limits.fields, limits.target}; }

}  // namespace

Worker::Worker(Commons const& commons, std::size_t index)
    : commons_{commons},
      index_{index},
      wheel_{now()},
      scratch_(session::scratch_bytes(commons.snapshot.settings.limits)),
      log_{commons.log_writer, log_options(commons.snapshot.settings.log), static_cast<std::uint32_t>(index + 1)},
      discovery_{context_.get_executor(), commons.control, commons.resolver, commons.metrics},
      pools_{{context_.get_executor(), wheel_, discovery_, commons.own_addresses}, commons.upstreams},
      credentials_{commons.credentials},
      session_context_{.executor = context_.get_executor(),
                       .wheel = wheel_,
                       .scratch = scratch_,
                       .fields = fields_,
                       .rules = commons.snapshot.rules,
                       .head_limits = head_limits(commons.snapshot.settings.limits),
                       .pools = pools_,
                       .egress = commons.egress,
                       .credentials = credentials_,
                       .source_limits = commons.source_limits,
                       .metrics = commons.metrics.worker(index),
                       .log = log_,
                       .pseudonym = commons.pseudonym,
                       .date = date_,
                       .refusing_work = commons.memory.refusing(),
                       .draining = draining_,
                       .tunnel_traffic = tunnel_traffic_},
      sessions_{session_context_, [this] { hurry(); }},
      timer_{context_} {
  update_date();
}

Worker::~Worker() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void Worker::listen(int descriptor, session::ListenerInfo const& listener) {
  auto const protocol = net::bound_address(descriptor).protocol();
  listeners_.emplace_back(
      context_.get_executor(), protocol, descriptor,
      net::Listener::Handlers{
          .accepted = [this, &listener](int accepted_descriptor,
                                        asio::ip::tcp::endpoint peer) { accepted(accepted_descriptor, peer, listener); },
          .trouble =
              [this, &listener](boost::system::error_code code) {
                commons_.events.warn("cannot accept on {}: {}; trying again in {} ms", listener.text, code.message(),
                                     net::accept_pause.count());
              },
      });
}

void Worker::accepted(int descriptor, asio::ip::tcp::endpoint const& peer, session::ListenerInfo const& listener) {
  sessions_.open(descriptor, net::to_text(peer), listener);
}

void Worker::start() {
  thread_ = std::thread{[this] { run(); }};
}

void Worker::run() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);  // signals belong to the control thread
  for (auto& listener : listeners_) listener.start();
  arm_tick(idle_tick);
  context_.run();
  log_.flush();
}

void Worker::arm_tick(SteadyTime::duration interval) {
  slow_ = interval == idle_tick;
  timer_.expires_after(interval);
  timer_.async_wait([this](boost::system::error_code const& cancelled) {
    if (!cancelled) tick();
  });
}

/// A call begins: it must not wait for the idle tick. Setting the timer costs a system call, so only a slow one is set.
void Worker::hurry() {
  quiet_ = 0;
  if (slow_ && !draining_) arm_tick(net::TimerWheel::tick);
}

Milliseconds Worker::next_tick() noexcept {
  if (draining_) return drain_tick;
  quiet_ = sessions_.busy() ? 0 : quiet_ + 1;
  return quiet_ > quiet_ticks ? idle_tick : net::TimerWheel::tick;
}

void Worker::tick() {
  auto const time = now();
  wheel_.advance(time);
  update_date();
  log_.flush();
  if (time >= next_look_) {
    sessions_.find_gone_clients();
    next_look_ = time + gone_client_interval;
  }
  if (time >= next_sweep_) {
    pools_.sweep(time);
    next_sweep_ = time + sweep_interval;
  }
  if (index_ == 0) sample_memory();
  if (closing_) close_listeners();
  count_connections();
  arm_tick(next_tick());
}

void Worker::sample_memory() {
  if (!commons_.memory.sample()) return;
  if (commons_.memory.refusing()) {
    commons_.events.warn("near the memory limit: new calls get 503 until memory is free again");
  } else {
    commons_.events.info("memory is free again: new calls are served");
  }
}

void Worker::count_connections() {
  open_connections_.store(sessions_.count(), std::memory_order_release);
  calls_.store(sessions_.busy_count() - std::min(sessions_.busy_count(), tunnel_traffic_.tunnels), std::memory_order_relaxed);
  moves_.store(sessions_.calls_begun() + tunnel_traffic_.pieces, std::memory_order_relaxed);
}

Activity Worker::activity() const noexcept {
  return {open_connections(), calls_.load(std::memory_order_relaxed), moves_.load(std::memory_order_relaxed)};
}

/// IMF-fixdate, RFC 9110 section 5.6.7.
void Worker::update_date() {
  auto const second = std::time(nullptr);
  if (second == date_second_) return;
  date_second_ = second;
  std::tm broken{};
  gmtime_r(&second, &broken);
  char text[32];
  date_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &broken));
}

void Worker::begin_drain() {
  asio::post(context_, [this] {
    draining_ = true;
    arm_tick(drain_tick);
  });
}

void Worker::stop_listening() {
  asio::post(context_, [this] { turn_away(); });
}

void Worker::drain() {
  // Until the worker has looked, it counts as busy.
  open_connections_.store(1, std::memory_order_release);
  asio::post(context_, [this] {
    closing_idle_ = true;
    turn_away();
  });
}

void Worker::turn_away() {
  draining_ = closing_ = true;
  for (auto& listener : listeners_) listener.turn_away();
  arm_tick(handshake_time);
}

void Worker::close_listeners() {
  closing_ = false;
  for (auto& listener : listeners_) listener.stop();
  if (closing_idle_) sessions_.drain();
}

void Worker::shut_down() {
  asio::post(context_, [this] { sessions_.shut_down(); });
}

void Worker::stop() { context_.stop(); }

}  // namespace ambassador::app
