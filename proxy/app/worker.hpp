// One worker: one thread, one io_context, and all that its connections use. Other threads only post to it, and read
// how many connections it has.
#pragma once

#include "app/drain.hpp"
#include "app/live_snapshot.hpp"
#include "app/machine/memory_ceiling.hpp"
#include "net/listener.hpp"
#include "net/resolver.hpp"
#include "observe/event_log.hpp"
#include "observe/log_writer.hpp"
#include "observe/metrics.hpp"
#include "session/http/mirror.hpp"
#include "session/sessions.hpp"
#include "upstream/health_checks.hpp"

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace ambassador::app {

/// What all workers borrow from the process; outlives them.
struct ProcessParts {
  boost::asio::io_context& control;
  net::Resolver& resolver;
  observe::Metrics& metrics;
  observe::LogWriter& log_writer;
  observe::EventLog& events;
  upstream::SharedUpstreams& upstreams;
  upstream::EndpointStates& endpoint_states;
  std::string const& pseudonym;
  machine::MemoryCeiling& memory;  ///< sampled by the first worker
};

/// A listening socket, with the number that its address has.
struct ListeningSocket {
  std::uint64_t number = 0;
  int descriptor = -1;
};

/// Made and ended on the control thread.
class Worker {
 public:
  static constexpr Milliseconds idle_tick{500};  ///< after a while without a call
  static constexpr unsigned quiet_ticks = 20;    ///< without a call, before the tick slows down
  static constexpr Milliseconds drain_tick{10};
  /// Between turning new connections away and closing: a handshake that has begun comes to its end meanwhile, on this
  /// machine and in its data centre. A client that comes just then waits for a second, so it is short.
  static constexpr std::chrono::microseconds handshake_time{500};
  static constexpr std::chrono::seconds sweep_interval{1};
  static constexpr Milliseconds gone_client_interval{200};

  /// `sockets` are of the snapshot's listeners; takes the descriptors.
  Worker(ProcessParts const& process, std::size_t index, std::shared_ptr<LiveSnapshot> snapshot,
         std::vector<ListeningSocket> const& sockets);
  ~Worker();

  void start();

  // From any thread.

  /// Each answer ends its connection from now on. What comes is served.
  void begin_drain();
  /// Closes the listeners too. No connection is reset by it: what had come is served.
  void stop_listening();
  /// Another snapshot for what begins from now on. Listeners that it has not are emptied and closed; `sockets` are of those
  /// that are new in it, whose descriptors are taken. The one before goes back to the control thread when nothing uses it.
  void adopt(std::shared_ptr<LiveSnapshot> snapshot, std::vector<ListeningSocket> sockets);
  /// All of it, and closes the idle connections; what runs is finished.
  void drain();
  /// Ends what runs.
  void shut_down();
  /// Ends the thread, once its connections are gone or given up.
  void stop();
  [[nodiscard]] std::size_t open_connections() const noexcept { return open_connections_.load(std::memory_order_acquire); }
  /// Appends what it saw called that the configuration does not cover.
  void add_seen_to(route::SeenCalls& out) const { seen_.add_to(out); }
  /// As of its last tick.
  [[nodiscard]] Activity activity() const noexcept;

 private:
  /// An open listening socket, and what its connections are now.
  struct Listener {
    session::ListenerInfo const* info;
    net::Listener socket;
  };

  /// A snapshot as this worker uses it, or did.
  struct WorkerSnapshot {
    WorkerSnapshot(std::shared_ptr<LiveSnapshot> of, upstream::Pools& pools, ProcessParts const& process)
        : live{std::move(of)},
          sources{live->settings().map, live->egress(), pools, process.endpoint_states, process.events},
          policy{live->policy(sources)} {}

    std::shared_ptr<LiveSnapshot> live;
    upstream::SourceTable sources;
    session::Policy policy;
    std::list<std::unique_ptr<Listener>> closed;  ///< with it: what their sockets had still to say may be on its way
  };

  void run();
  Listener& open_listener(ListeningSocket const& socket);
  void use(std::shared_ptr<LiveSnapshot> live, std::vector<ListeningSocket> const& sockets);
  void move_listeners(WorkerSnapshot& old);
  void drop_unused_snapshots();
  void tick();
  void arm_tick(SteadyTime::duration interval);
  void hurry();
  [[nodiscard]] Milliseconds next_tick() noexcept;
  void update_date();
  void count_connections();
  void turn_away();
  void close_listeners();
  void sample_memory();

  ProcessParts const& process_;
  std::size_t const index_;
  boost::asio::io_context context_{1};
  net::TimerWheel wheel_;
  std::vector<char> scratch_;
  wire::http::FieldList fields_;
  std::vector<boost::asio::ip::tcp::endpoint> own_addresses_;
  std::string date_;
  std::time_t date_second_ = 0;
  bool draining_ = false;
  bool closing_ = false;       ///< the listeners close at the next tick
  bool closing_idle_ = false;  ///< and so do the idle connections
  observe::LogBuffer log_;
  session::Seen seen_;
  Random random_;
  upstream::Discovery discovery_;
  upstream::Pools pools_;
  upstream::HealthChecks health_checks_;
  net::TunnelTraffic tunnel_traffic_;
  session::Mirrors mirrors_;
  std::unique_ptr<WorkerSnapshot> snapshot_;  ///< in force
  std::vector<std::unique_ptr<WorkerSnapshot>> old_snapshots_;
  std::vector<std::vector<char>> old_scratches_;  ///< too small now, and in use, perhaps, as long as there are old snapshots
  session::Context session_context_;
  session::Sessions sessions_;
  std::list<std::unique_ptr<Listener>> listeners_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    net::Executor>
      timer_;
  bool slow_ = true;    ///< the tick under way is the idle one
  unsigned quiet_ = 0;  ///< ticks since a call was seen
  SteadyTime next_sweep_{};
  SteadyTime next_look_{};
  std::atomic<std::size_t> open_connections_{0};
  std::atomic<std::size_t> calls_{0};
  std::atomic<std::uint64_t> moves_{0};
  std::thread thread_;
};

}  // namespace ambassador::app
