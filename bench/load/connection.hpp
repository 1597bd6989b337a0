// One connection of the load: sends a request, reads the answer, and says how it went. Bodies are counted and not looked at,
// and long ones not even copied: what the load costs, it takes from the upstream on the same core.
#pragma once

#include "load/schedule.hpp"
#include "load/tally.hpp"
#include "net/poller.hpp"
#include "net/transport.hpp"
#include "wire/body.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ambassador::bench {

/// What every answer must be.
struct Expectation {
  std::uint16_t status = 200;
  std::optional<std::uint64_t> length;
};

/// How the server is reached.
struct Entrance {
  std::uint16_t port = 0;
  std::string tunnel{};      ///< the head of a CONNECT, where all goes through a tunnel
  std::optional<Tls> tls{};  ///< around it all
};

class Connection {
 public:
  enum class Progress : std::uint8_t { waiting, answered, failed };

  Connection(Poller& poller, Entrance const& entrance, Expectation expected)
      : poller_{&poller}, entrance_{&entrance}, expected_{expected} {}

  /// Begins to connect, from a loopback address of its own choice; what comes of it is seen by the first call.
  void open();
  void close() noexcept { socket_.close(); }

  /// Sends `request`, which must stay where it is. `since` is what the latency counts from.
  Progress call(std::string_view request, SteadyTime since);
  Progress on_ready(std::span<char> scratch);

  [[nodiscard]] bool is_calling() const noexcept { return calling_; }
  [[nodiscard]] SteadyTime since() const noexcept { return since_; }
  /// Why it failed.
  [[nodiscard]] Failure failure() const noexcept { return failure_; }
  /// The server ends the connection after this answer, or has ended it.
  [[nodiscard]] bool is_ending() const noexcept { return ending_; }
  /// Received so far, heads included.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  Progress send();
  Progress receive(std::span<char> scratch);
  Progress discard();
  Progress receive_some(std::span<char> scratch);
  Progress take(std::string_view bytes);
  Progress enter_tunnel(std::string_view bytes);
  Progress begin_answer(Head const& head);
  Progress end_answer();
  Progress fail(Failure kind) noexcept;
  Progress lost() noexcept;
  void watch(std::uint32_t events);

  Poller* poller_;
  Entrance const* entrance_;
  Expectation expected_;
  Transport socket_;
  std::uint32_t watched_ = 0;
  std::string_view unsent_;
  std::string_view behind_tunnel_;  ///< the request that waits for a tunnel
  std::string unread_;              ///< the beginning of a head
  Body body_;
  SteadyTime since_{};
  std::uint64_t bytes_ = 0;
  Failure failure_{};
  bool calling_ = false;
  bool connected_ = false;  ///< something was sent
  bool in_tunnel_ = true;
  bool in_body_ = false;
  bool ending_ = false;
};

}  // namespace ambassador::bench
