// The composition root: the only place that knows every part. It opens the sockets, starts the workers, answers the
// admin port, and ends the process in order.
#pragma once

#include "app/admin.hpp"
#include "app/config_files.hpp"
#include "app/drain.hpp"
#include "app/port_guard.hpp"
#include "app/worker.hpp"

#include <boost/asio/signal_set.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ambassador::app {

struct AppOptions {
  bool share_port = false;  ///< `--share-port`
  std::string name_server;  ///< AMBASSADOR_DNS, `host:port`
  std::string version;
  unsigned workers = 1;
};

/// An address that could not be listened on, as a message that says which, why and what to do.
struct CannotListen {
  std::string message;
};

class App {
 public:
  /// Borrows the snapshot.
  App(Snapshot const& snapshot, AppOptions options, std::shared_ptr<observe::EventLog> events);
  ~App();

  /// Reads the files that the configuration names. What is wrong with them; nothing may be opened then.
  std::vector<config::Diagnostic> load_files() { return files_.load(); }
  /// Opens every listening socket. Nothing runs yet, and nothing stays open where one fails.
  std::optional<CannotListen> open();
  /// Serves until a signal ends it. The control thread is the caller's.
  void run();
  /// As `ambassador quit` would. From any thread.
  void request_stop();

  /// Where the listeners are, with real ports. After `open`.
  [[nodiscard]] std::vector<session::ListenerInfo> const& listeners() const noexcept { return listeners_; }

 private:
  struct OpenSocket {
    std::size_t listener = 0;
    int descriptor = -1;
  };

  std::optional<CannotListen> open_listener(config::ListenAddress const& address);
  void add_listener(config::ListenAddress const& address, boost::asio::ip::tcp::endpoint const& endpoint);
  std::optional<CannotListen> open_admin();
  std::optional<CannotListen> cannot_listen(config::ListenAddress const& address, boost::system::error_code code,
                                            std::string_view what) const;
  void start_workers();
  void wait_for_signal();
  void begin_drain();
  void look_at_drain();
  void close_for_good();

  Snapshot const& snapshot_;
  AppOptions options_;
  std::shared_ptr<observe::EventLog> events_;
  std::string pseudonym_;

  boost::asio::io_context control_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer drain_timer_;
  net::Resolver resolver_;
  std::vector<session::ListenerInfo> listeners_;
  std::vector<boost::asio::ip::tcp::endpoint> own_addresses_;
  PortGuard guard_;
  std::vector<OpenSocket> sockets_;
  int admin_descriptor_ = -1;
  std::string admin_text_;

  ConfigFiles files_;
  net::FileWatch file_watch_;
  upstream::EgressTable::Files egress_files_;
  upstream::EgressTable egress_;
  session::SourceLimits source_limits_;
  std::vector<net::Current<std::string> const*> credentials_;

  MemoryCeiling memory_{find_memory_cgroup()};
  upstream::SharedUpstreams upstreams_;
  upstream::EndpointStates endpoint_states_;
  std::unique_ptr<observe::Metrics> metrics_;
  std::unique_ptr<observe::LogWriter> log_writer_;
  std::unique_ptr<Commons> commons_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<SmallServer> admin_server_;
  std::vector<std::unique_ptr<Worker>> workers_;

  DrainState drain_;
  std::optional<SteadyTime> draining_since_;
  std::optional<Quiet> quiet_;
  SteadyTime cut_at_{};
  bool signalled_ = false;
};

}  // namespace ambassador::app
