// A whole ambassador in the test's process: one worker or more, a control thread, and its access log as JSON.
#pragma once

#include "app/live_snapshot.hpp"
#include "app/worker.hpp"
#include "support/http_text.hpp"
#include "support/scripted_upstream.hpp"

#include <spdlog/sinks/base_sink.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <condition_variable>
#include <deque>

namespace ambassador::support {

using Record = boost::json::object;

inline std::string text_of(Record const& record, std::string_view key) {
  return std::string{record.at(boost::json::string_view{key.data(), key.size()}).as_string().c_str()};
}

inline std::int64_t number_of(Record const& record, std::string_view key) {
  return record.at(boost::json::string_view{key.data(), key.size()}).to_number<std::int64_t>();
}

/// `source` as `http://host/path` without a port; `target` is `host:port`, with a path behind it where there is one.
inline config::Mapping mapping(std::string const& host, std::string const& path, std::string const& target_host,
                               std::uint16_t target_port, std::string const& target_path = "") {
  config::Mapping mapping;
  mapping.source_text = "http://" + host + path;
  mapping.source.host = host;
  mapping.source.path = path;
  mapping.targets.emplace_back();
  mapping.targets.front().authority = {target_host, target_port};
  mapping.targets.front().port = target_port;
  mapping.targets.front().host_header = target_host + ':' + std::to_string(target_port);
  mapping.targets.front().path = target_path;
  mapping.targets.front().text = "http://" + mapping.targets.front().host_header + target_path;
  return mapping;
}

/// `http://app/` goes to the upstream.
inline config::Settings to(std::uint16_t upstream_port) {
  config::Settings settings;
  settings.map.push_back(mapping("app", "", "127.0.0.1", upstream_port));
  return settings;
}

/// The same timeouts for all sources.
inline config::Settings with(config::Settings settings, config::Timeouts const& timeouts) {
  settings.timeout = timeouts;
  for (auto& one : settings.map) one.timeout = timeouts;
  return settings;
}

/// Reads lines off a pipe as they come.
class LogReader {
 public:
  LogReader() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) throw std::runtime_error{"pipe"};
    thread_ = std::thread{[this] { run(); }};
  }
  ~LogReader() { finish(); }

  [[nodiscard]] int write_end() const { return ends_[1]; }

  std::vector<Record> wait_for(std::size_t count, std::chrono::milliseconds limit = patience) {
    std::unique_lock lock{mutex_};
    more_.wait_for(lock, limit, [&] { return records_.size() >= count; });
    return records_;
  }

  /// All that was written. Nobody may write any more.
  std::vector<Record> finish() {
    if (thread_.joinable()) {
      ::close(ends_[1]);
      thread_.join();
      ::close(ends_[0]);
    }
    return records_;
  }

 private:
  void run() {
    std::string text;
    char buffer[4096];
    for (;;) {
      auto const got = ::read(ends_[0], buffer, sizeof buffer);
      if (got <= 0) return;
      text.append(buffer, static_cast<std::size_t>(got));
      std::lock_guard const lock{mutex_};
      for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
        records_.push_back(boost::json::parse(text.substr(0, end)).as_object());
        text.erase(0, end + 1);
      }
      more_.notify_all();
    }
  }

  int ends_[2]{};
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<Record> records_;
  std::thread thread_;
};

/// What the operator is told, to be read while it is written.
class EventText : public spdlog::sinks::base_sink<std::mutex> {
 public:
  [[nodiscard]] std::string text() {
    std::lock_guard const lock{mutex_};
    return text_;
  }

 private:
  void sink_it_(spdlog::details::log_msg const& message) override {
    text_.append(message.payload.data(), message.payload.size()).push_back('\n');
  }
  void flush_() override {}

  std::string text_;
};

class Proxy {
 public:
  explicit Proxy(config::Settings settings, std::size_t workers = 1)
      : guard_{control_.get_executor()}, resolver_{control_, {}}, metrics_{{}, {}, workers, "test"} {
    auto const descriptor = net::open_listening_socket({boost::asio::ip::address_v4::loopback(), 0}, true).value();
    auto const endpoint = net::bound_address(descriptor);
    endpoint_ = endpoint;
    live_ = make(std::move(settings));
    log_writer_.emplace(observe::LogWriter::Options{.descriptor = log_.write_end()}, events_, metrics_.log_lines_dropped());
    process_.emplace(app::ProcessParts{control_, resolver_, metrics_, *log_writer_, *events_, upstreams_, endpoint_states_,
                                       pseudonym_, memory_});
    for (std::size_t index = 0; index < workers; ++index) {
      int const own = index == 0 ? descriptor : net::open_listening_socket(endpoint, true).value();
      workers_.push_back(std::make_unique<app::Worker>(*process_, index, live_, std::vector<app::ListeningSocket>{{0, own}}));
    }
    for (auto& worker : workers_) worker->start();
    control_thread_ = std::thread{[this] { control_.run(); }};
  }

  ~Proxy() { stop(); }

  [[nodiscard]] std::uint16_t port() const { return endpoint_.port(); }
  [[nodiscard]] Socket connect(int receive_buffer = 0) const { return Socket::connect(port(), receive_buffer); }

  [[nodiscard]] app::Worker& worker() { return *workers_.front(); }
  [[nodiscard]] observe::Metrics& metrics() { return metrics_; }
  /// Calls that were blocked for this reason, as the metrics have it.
  [[nodiscard]] std::uint64_t blocked(observe::Reason reason) {
    return metrics_.worker(0).blocked()[static_cast<std::size_t>(reason)].value();
  }
  /// What the operator was told.
  [[nodiscard]] std::string events() { return event_text_->text(); }

  [[nodiscard]] std::size_t clients() {
    std::size_t count = 0;
    for (std::size_t index = 0; index < workers_.size(); ++index) count += metrics_.worker(index).connections(0);
    return count;
  }
  /// Connections to an upstream, lent and idle.
  [[nodiscard]] std::size_t connections_to(ScriptedUpstream const& upstream) {
    return upstreams_.of(upstream.authority())->connections.load();
  }
  /// The same of tunnels that the first entry of `allow` lets through.
  [[nodiscard]] std::size_t tunnels_to(ScriptedUpstream const& upstream) {
    auto const id = live_->egress().of_allowed(0, config::TargetScheme::tcp).id;
    return upstreams_.of(upstream.authority() + (id == 0 ? "" : '/' + std::to_string(id)))->connections.load();
  }
  [[nodiscard]] std::size_t pending_for(ScriptedUpstream const& upstream) {
    return upstreams_.of(upstream.authority())->pending.load();
  }

  /// The records so far, at least so many of them where patience lasts.
  std::vector<Record> records(std::size_t at_least) { return log_.wait_for(at_least); }

  /// As a reload does; the listener stays the same. Whoever holds the result knows when the last call of the one before
  /// is over, and the worker has let go of it.
  std::weak_ptr<app::LiveSnapshot> reload(config::Settings settings) {
    auto before = std::exchange(live_, make(std::move(settings), live_.get()));
    for (auto& worker : workers_) worker->adopt(live_, {});
    return before;
  }

  /// Ends the workers; what they had to log is there then.
  std::vector<Record> stop() {
    if (control_thread_.joinable()) {
      control_.stop();
      control_thread_.join();
      workers_.clear();
      log_writer_->stop();
    }
    return log_.finish();
  }

 private:
  std::shared_ptr<app::LiveSnapshot> make(config::Settings settings, app::LiveSnapshot const* previous = nullptr) {
    auto live = std::make_shared<app::LiveSnapshot>(std::make_shared<route::Snapshot const>(json_log(std::move(settings))),
                                                    egresses_, previous);
    for (auto const& fault : live->files().load()) throw std::runtime_error{config::to_string(fault)};
    std::vector<std::string> sources;
    std::vector<std::string> allowed;
    for (auto const& one : live->settings().map) sources.push_back(one.source_text);
    for (auto const& one : live->settings().allow) allowed.push_back(one.text);
    live->series = metrics_.count_by(sources, allowed);
    auto info = listener_of(*live);
    bool const same = previous != nullptr && *previous->listeners.front() == info;
    live->listeners = {same ? previous->listeners.front() : std::make_shared<session::ListenerInfo const>(std::move(info))};
    live->own_addresses = {endpoint_};
    return live;
  }

  /// What its clients speak, as the settings have it; the port is always a free one.
  session::ListenerInfo listener_of(app::LiveSnapshot& live) {
    auto const text = net::to_text(endpoint_);
    session::ListenerInfo info{.index = metrics_.listener(text), .text = text, .port = endpoint_.port()};
    if (live.settings().listen.empty()) return info;
    auto const& address = live.settings().listen.front();
    info.protocol = address.protocol;
    info.mapping = static_cast<std::uint32_t>(address.mapping);
    info.proxy_protocol = address.proxy_protocol;
    if (address.tls) info.tls = &live.files().server(*address.tls);
    return info;
  }

  static config::Settings json_log(config::Settings settings) {
    settings.log.format = config::LogFormat::json;
    return settings;
  }

  boost::asio::io_context control_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  net::Resolver resolver_;
  observe::Metrics metrics_;
  upstream::Egresses egresses_;
  std::shared_ptr<app::LiveSnapshot> live_;
  LogReader log_;
  std::shared_ptr<EventText> event_text_ = std::make_shared<EventText>();
  std::shared_ptr<observe::EventLog> events_ = observe::make_event_log(event_text_);
  boost::asio::ip::tcp::endpoint endpoint_;
  std::string pseudonym_ = "amb";
  upstream::SharedUpstreams upstreams_;
  upstream::EndpointStates endpoint_states_;
  app::machine::MemoryCeiling memory_{std::nullopt};
  std::optional<observe::LogWriter> log_writer_;
  std::optional<app::ProcessParts> process_;
  std::vector<std::unique_ptr<app::Worker>> workers_;
  std::thread control_thread_;
};

}  // namespace ambassador::support
