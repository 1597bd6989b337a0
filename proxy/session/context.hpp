// What a session borrows from its worker. One worker is one thread: only what others read, `seen` and the counters, is shared.
#pragma once

#include "base/random.hpp"
#include "config/settings/settings.hpp"
#include "net/relay.hpp"
#include "net/stream.hpp"
#include "observe/log_buffer.hpp"
#include "session/policy.hpp"
#include "session/seen.hpp"
#include "upstream/pools.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace ambassador::session {

/// Interim (1xx) responses passed on for one request.
inline constexpr unsigned max_interim_responses = 16;

/// One read at most; also the most that a peer which does not read makes us keep. Large, for each read of a fast stream
/// wakes a peer; and a little more than a round number, so that a head comes with its body.
inline constexpr std::size_t transfer_bytes = 260 * 1024;

/// The same near the memory limit.
inline constexpr std::size_t frugal_transfer_bytes = 16 * 1024;

/// Read at once of a client's requests: a pipeline waits in the kernel, not here.
inline constexpr std::size_t request_read_bytes = 32 * 1024;

/// Room in the scratch beside one head of `limits.head` bytes.
inline constexpr std::size_t scratch_bytes(config::Limits const& limits) noexcept {
  return limits.head > transfer_bytes ? limits.head + transfer_bytes : 2 * transfer_bytes;
}

struct ListenerInfo {
  /// Of its sockets, one a worker: the same after a reload that keeps them open.
  std::uint64_t number = 0;
  std::size_t index = 0;  ///< among the listeners that the metrics know
  std::string text;       ///< `address:port`
  std::uint16_t port = 0;
  config::ListenProtocol protocol = config::ListenProtocol::http;
  std::uint32_t mapping = 0;      ///< of ListenProtocol::tcp
  bool proxy_protocol = false;    ///< connections begin with a PROXY header
  net::TlsSource* tls = nullptr;  ///< null: plain

  [[nodiscard]] bool operator==(ListenerInfo const&) const = default;
};

class Mirrors;

struct Context {
  net::Executor executor;
  net::TimerWheel& wheel;
  net::Scratch scratch;
  wire::http::FieldList& fields;  ///< storage of the head being parsed
  Policy* policy;                 ///< of what begins now: a reload puts another here
  upstream::Pools& pools;
  Mirrors& mirrors;
  observe::WorkerMetrics& metrics;
  observe::LogBuffer& log;
  Seen& seen;
  Random& random;
  std::string_view pseudonym;              ///< our name in Via
  std::string const& date;                 ///< the value of Date, no older than a second
  std::atomic<bool> const& refusing_work;  ///< the process is near its memory limit
  bool const& draining;                    ///< no connection is kept alive any more
  net::TunnelTraffic& tunnel_traffic;

  /// How much of a body is read at once.
  [[nodiscard]] std::size_t read_bytes() const noexcept {
    return refusing_work.load(std::memory_order_relaxed) ? frugal_transfer_bytes : transfer_bytes;
  }
};

}  // namespace ambassador::session
