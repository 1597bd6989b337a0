// The composition root: the only place that knows every part. It opens the sockets, starts the workers, answers the
// admin port, reads the configuration again, and ends the process in order.
#pragma once

#include "admin/reload_report.hpp"
#include "admin/server.hpp"
#include "app/drain.hpp"
#include "app/listeners.hpp"
#include "app/machine/service_manager.hpp"
#include "app/startup.hpp"
#include "app/worker.hpp"

#include <boost/asio/signal_set.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ambassador::app {

/// What the command line and the environment say, beside the configuration.
struct AppOptions {
  bool share_port = false;        ///< `--share-port`
  std::string name_server;        ///< AMBASSADOR_DNS, `host:port`
  std::string service_manager{};  ///< NOTIFY_SOCKET
  std::string version;
  unsigned workers = 1;
  std::optional<ConfigurationOptions> configuration{};  ///< what the snapshot was read from, to be read again; nullopt: never
};

/// The whole process: made of a snapshot, opened, and run once.
class App {
 public:
  App(std::shared_ptr<route::Snapshot const> snapshot, AppOptions options, std::shared_ptr<observe::EventLog> events);
  ~App();

  /// Reads the files that the configuration names. What is wrong with them; nothing may be opened then.
  std::vector<config::Diagnostic> load_files() { return live_->files().load(); }
  /// Opens every listening socket. Nothing runs yet, and nothing stays open if one fails.
  std::optional<CannotListen> open();
  /// Serves until a signal ends it. The control thread is the caller's.
  void run();
  /// As `ambassador quit` would. From any thread.
  void request_stop();

  /// Returns the listeners, with real ports. To be called after `open`.
  [[nodiscard]] std::vector<std::shared_ptr<session::ListenerInfo const>> const& listeners() const noexcept {
    return live_->listeners;
  }

 private:
  std::optional<CannotListen> open_admin();
  void start_workers();
  [[nodiscard]] route::SeenCalls seen_calls() const;
  void complete(LiveSnapshot& next, LiveSnapshot const* previous);
  void say_listening(session::ListenerInfo const& listener) const;
  void tell_manager(machine::ServiceState state) const;
  void wait_for_signal();
  void begin_drain();
  void look_at_drain();
  void close_for_good();

  // Reading the configuration again: reload.cpp.
  void reload();
  void read_again();
  void watch_configuration(std::vector<std::string> files);
  std::vector<std::string> try_reload(ReadConfiguration const& read);
  void bring_into_force(std::shared_ptr<LiveSnapshot> next, ListenerChange change);
  void warn_of_what_stays(config::Settings const& next);

  AppOptions options_;
  std::shared_ptr<observe::EventLog> events_;
  std::string pseudonym_;

  boost::asio::io_context control_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer drain_timer_;
  net::Resolver resolver_;
  observe::Metrics metrics_;
  net::FileWatch file_watch_;
  FileNews file_news_;
  upstream::Egresses egresses_;
  std::shared_ptr<LiveSnapshot> live_;  ///< in force

  Listeners listeners_;
  std::optional<ListenerChange> first_listeners_;  ///< until the workers take them
  int admin_descriptor_ = -1;
  std::optional<boost::asio::ip::tcp::endpoint> admin_address_;

  std::optional<config::ListenAddress> const admin_at_start_;
  std::optional<unsigned> const workers_at_start_;
  admin::ReloadReport reloads_;
  std::vector<std::string> watched_files_;  ///< a change of which is a reload
  std::uint64_t configuration_watch_ = 0;

  machine::MemoryCeiling memory_{machine::find_memory_cgroup()};
  upstream::SharedUpstreams upstreams_;
  upstream::EndpointStates endpoint_states_;
  std::shared_ptr<observe::RecentLines> recent_lines_ = std::make_shared<observe::RecentLines>();
  std::unique_ptr<observe::LogWriter> log_writer_;
  std::unique_ptr<ProcessParts> process_;
  std::unique_ptr<admin::Server> admin_;
  std::unique_ptr<admin::SmallServer> admin_server_;
  std::vector<std::unique_ptr<Worker>> workers_;

  DrainState drain_;
  std::optional<SteadyTime> draining_since_;
  std::optional<Quiet> quiet_;
  SteadyTime cut_at_{};
  bool signalled_ = false;
};

}  // namespace ambassador::app
