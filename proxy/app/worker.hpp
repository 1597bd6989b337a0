// One worker: one thread, one io_context, and all that its connections use. Other threads only post to it, and read
// how many connections it has.
#pragma once

#include "app/live_snapshot.hpp"
#include "app/memory_ceiling.hpp"
#include "net/listener.hpp"
#include "net/resolver.hpp"
#include "observe/event_log.hpp"
#include "observe/log_writer.hpp"
#include "observe/metrics.hpp"
#include "session/sessions.hpp"

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace ambassador::app {

/// What all workers have in common; outlives them.
struct Commons {
  boost::asio::io_context& control;
  net::Resolver& resolver;
  observe::Metrics& metrics;
  observe::LogWriter& log_writer;
  observe::EventLog& events;
  upstream::SharedUpstreams& upstreams;
  std::string const& pseudonym;
  MemoryCeiling& memory;  ///< sampled by the first worker
};

/// A listening socket, with the number that its address has.
struct OpenSocket {
  std::uint64_t number = 0;
  int descriptor = -1;
};

class Worker {
 public:
  static constexpr Milliseconds idle_tick{500};  ///< after a while without a call
  static constexpr unsigned quiet_ticks = 20;    ///< without a call, before the tick slows down
  static constexpr Milliseconds drain_tick{10};
  static constexpr std::chrono::seconds sweep_interval{1};
  static constexpr Milliseconds gone_client_interval{200};

  /// `sockets` are of the snapshot's listeners; takes the descriptors.
  Worker(Commons const& commons, std::size_t index, std::shared_ptr<LiveSnapshot> snapshot,
         std::vector<OpenSocket> const& sockets);
  ~Worker();

  void start();

  // From any thread.

  /// Another snapshot for what begins from now on. Listeners that it has not are emptied and closed; `sockets` are of those
  /// that are new in it, whose descriptors are taken. The one before goes back to the control thread when nothing uses it.
  void adopt(std::shared_ptr<LiveSnapshot> snapshot, std::vector<OpenSocket> sockets);
  /// Closes the listeners and the idle connections; what runs is finished.
  void drain();
  /// Ends what runs.
  void shut_down();
  /// Ends the thread, once its connections are gone or given up.
  void stop();
  [[nodiscard]] std::size_t open_connections() const noexcept { return open_connections_.load(std::memory_order_acquire); }

 private:
  /// A listening socket, and what its connections are now.
  struct Door {
    std::uint64_t number;
    session::ListenerInfo const* info;
    net::Listener listener;
  };

  /// A snapshot as this worker uses it, or did.
  struct Term {
    explicit Term(std::shared_ptr<LiveSnapshot> of) : snapshot{std::move(of)}, policy{snapshot->policy()} {}

    std::shared_ptr<LiveSnapshot> snapshot;
    session::Policy policy;
    std::list<std::unique_ptr<Door>> closed;  ///< with it: what their sockets had still to say may be on its way
  };

  void run();
  Door& open_door(OpenSocket const& socket);
  void begin_term(std::shared_ptr<LiveSnapshot> snapshot, std::vector<OpenSocket> const& sockets);
  void move_doors(Term& old);
  void end_old_terms();
  void tick();
  void arm_tick(Milliseconds interval);
  void hurry();
  [[nodiscard]] Milliseconds next_tick() noexcept;
  void update_date();
  void count_connections();
  void sample_memory();

  Commons const& commons_;
  std::size_t const index_;
  boost::asio::io_context context_{1};
  net::TimerWheel wheel_;
  std::vector<char> scratch_;
  wire::http::FieldList fields_;
  std::vector<boost::asio::ip::tcp::endpoint> own_addresses_;
  std::unique_ptr<Term> term_;
  std::vector<std::unique_ptr<Term>> old_terms_;
  std::vector<std::vector<char>> old_scratches_;  ///< too small now, and in use, perhaps, as long as there are old terms
  std::string date_;
  std::time_t date_second_ = 0;
  bool draining_ = false;
  observe::LogBuffer log_;
  upstream::Discovery discovery_;
  upstream::Pools pools_;
  session::Context session_context_;
  session::Sessions sessions_;
  std::list<std::unique_ptr<Door>> doors_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    net::Executor>
      timer_;
  bool slow_ = true;    ///< the tick under way is the idle one
  unsigned quiet_ = 0;  ///< ticks since a call was seen
  SteadyTime next_sweep_{};
  SteadyTime next_look_{};
  std::atomic<std::size_t> open_connections_{0};
  std::thread thread_;
};

}  // namespace ambassador::app
