#include "app/worker.hpp"

#include "net/now.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>
#include <functional>
#include <random>
#include <utility>

#include <pthread.h>

namespace ambassador::app {
namespace asio = boost::asio;

namespace {

observe::LogOptions log_options(config::Log const& log) {
  auto const format = log.format == config::LogFormat::json ? observe::LineFormat::json : observe::LineFormat::text;
  return {{format, log.redact_query}, log.share};
}

/// With 256 bits, for two workers, of whatever process, must not have the same.
Random seeded_random() {
  std::random_device device;
  std::array<std::random_device::result_type, 8> numbers{};
  std::generate(numbers.begin(), numbers.end(), std::ref(device));
  std::seed_seq seed(numbers.begin(), numbers.end());
  return Random{seed};
}

}  // namespace

Worker::Worker(ProcessParts const& process, std::size_t index, std::shared_ptr<LiveSnapshot> snapshot,
               std::vector<ListeningSocket> const& sockets)
    : process_{process},
      index_{index},
      wheel_{net::now()},
      scratch_(session::scratch_bytes(snapshot->settings().limits)),
      own_addresses_{snapshot->own_addresses},
      log_{process.log_writer, log_options(snapshot->settings().log), static_cast<std::uint32_t>(index + 1)},
      random_{seeded_random()},
      discovery_{context_.get_executor(), process.control, process.resolver, process.metrics},
      pools_{{context_.get_executor(), wheel_, discovery_, own_addresses_}, process.upstreams},
      health_checks_{context_.get_executor(), process.events},
      mirrors_{session_context_},
      snapshot_{std::make_unique<WorkerSnapshot>(std::move(snapshot), pools_, process)},
      session_context_{.executor = context_.get_executor(),
                       .wheel = wheel_,
                       .scratch = scratch_,
                       .fields = fields_,
                       .policy = &snapshot_->policy,
                       .pools = pools_,
                       .mirrors = mirrors_,
                       .metrics = process.metrics.worker(index),
                       .log = log_,
                       .seen = seen_,
                       .random = random_,
                       .pseudonym = process.pseudonym,
                       .date = date_,
                       .refusing_work = process.memory.refusing(),
                       .draining = draining_,
                       .tunnel_traffic = tunnel_traffic_},
      sessions_{session_context_, [this] { hurry(); }},
      timer_{context_} {
  process.metrics.worker(index).make_room(process.metrics.counts());
  for (auto const& socket : sockets) open_listener(socket);
  update_date();
}

Worker::~Worker() {
  stop();
  if (thread_.joinable()) thread_.join();
}

/// The snapshot in force has a listener of this number.
Worker::Listener& Worker::open_listener(ListeningSocket const& socket) {
  auto const protocol = net::bound_address(socket.descriptor).protocol();
  auto const place = std::make_shared<Listener*>(nullptr);
  net::Listener::Handlers handlers{
      .accepted = [this, place](
                      int descriptor,
                      asio::ip::tcp::endpoint peer) { sessions_.open(descriptor, net::to_text(peer), *(*place)->info); },
      .trouble =
          [this, place](boost::system::error_code code) {
            process_.events.warn("cannot accept on {}: {}; trying again in {} ms", (*place)->info->text, code.message(),
                                 net::accept_pause.count());
          },
  };
  auto& listener =
      listeners_.emplace_back(new Listener{find_listener(*snapshot_->live, socket.number).get(),
                                           {context_.get_executor(), protocol, socket.descriptor, std::move(handlers)}});
  *place = listener.get();
  return *listener;
}

void Worker::start() {
  thread_ = std::thread{[this] { run(); }};
}

void Worker::run() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);  // signals belong to the control thread
  for (auto& listener : listeners_) listener->socket.start();
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
  auto const time = net::now();
  wheel_.advance(time);
  update_date();
  log_.flush();
  if (time >= next_look_) {
    sessions_.find_gone_clients();
    next_look_ = time + gone_client_interval;
  }
  if (time >= next_sweep_) {
    pools_.sweep(time);
    if (!old_snapshots_.empty()) drop_unused_snapshots();
    next_sweep_ = time + sweep_interval;
  }
  if (index_ == 0) {
    sample_memory();
    health_checks_.look(snapshot_->live->settings().map, snapshot_->sources, time);
  }
  if (closing_) close_listeners();
  count_connections();
  arm_tick(next_tick());
}

void Worker::sample_memory() {
  if (!process_.memory.sample()) return;
  if (process_.memory.refusing()) {
    process_.events.warn("near the memory limit: new calls get 503 until memory is free again");
  } else {
    process_.events.info("memory is free again: new calls are served");
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
  for (auto& listener : listeners_) listener->socket.turn_away();
  arm_tick(handshake_time);
}

void Worker::close_listeners() {
  closing_ = false;
  for (auto& listener : listeners_) listener->socket.stop();
  if (closing_idle_) sessions_.drain();
}

void Worker::adopt(std::shared_ptr<LiveSnapshot> snapshot, std::vector<ListeningSocket> sockets) {
  asio::post(context_, [this, snapshot = std::move(snapshot), sockets = std::move(sockets)]() mutable {
    use(std::move(snapshot), sockets);
  });
}

void Worker::use(std::shared_ptr<LiveSnapshot> live, std::vector<ListeningSocket> const& sockets) {
  auto& metrics = process_.metrics.worker(index_);
  metrics.make_room(process_.metrics.counts());
  seen_.forget();
  auto old = std::exchange(snapshot_, std::make_unique<WorkerSnapshot>(std::move(live), pools_, process_));
  auto const& settings = snapshot_->live->settings();
  own_addresses_ = snapshot_->live->own_addresses;
  log_.set_options(log_options(settings.log));
  if (auto const wanted = session::scratch_bytes(settings.limits); wanted > scratch_.size()) {
    old_scratches_.push_back(std::exchange(scratch_, std::vector<char>(wanted)));
    session_context_.scratch = scratch_;
  }
  move_listeners(*old);
  session_context_.policy = &snapshot_->policy;
  for (auto const& socket : sockets) open_listener(socket).socket.start();
  old_snapshots_.push_back(std::move(old));
}

/// What waits in the accept queue of a listener that goes is still served, under the snapshot that had it.
void Worker::move_listeners(WorkerSnapshot& old) {
  for (auto at = listeners_.begin(); at != listeners_.end();) {
    auto const here = at++;
    auto& listener = **here;
    if (auto const still = find_listener(*snapshot_->live, listener.info->number)) {
      listener.info = still.get();
      continue;
    }
    listener.socket.stop();
    old.closed.splice(old.closed.end(), listeners_, here);
  }
  auto const is_closed = [&](session::ListenerInfo const& info) {
    return std::none_of(listeners_.begin(), listeners_.end(), [&](auto const& open) { return open->info == &info; });
  };
  sessions_.retire(is_closed, old.policy);
}

/// No lock, and no counting while calls run: a look now and then, as long as there is an old snapshot.
void Worker::drop_unused_snapshots() {
  std::vector<std::shared_ptr<LiveSnapshot>> ended;
  std::erase_if(old_snapshots_, [&](std::unique_ptr<WorkerSnapshot> const& old) {
    if (sessions_.uses(old->policy)) return false;
    ended.push_back(old->live);
    return true;
  });
  if (ended.empty()) return;
  if (old_snapshots_.empty()) old_scratches_.clear();
  pools_.close_others([this](upstream::Egress const& egress) {
    auto const has_it = [&](std::unique_ptr<WorkerSnapshot> const& one) { return one->live->egress().has(egress); };
    return has_it(snapshot_) || std::any_of(old_snapshots_.begin(), old_snapshots_.end(), has_it);
  });
  asio::post(process_.control, [ended = std::move(ended)] {});  // where their files are watched
}

void Worker::shut_down() {
  asio::post(context_, [this] { sessions_.shut_down(); });
}

void Worker::stop() { context_.stop(); }

}  // namespace ambassador::app
