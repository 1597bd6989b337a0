// The tries of one call: which endpoint each goes to, the connection that it has, whether another try follows, and what is
// told to the balancer of its outcome. It opens connections and knows no protocol.
#pragma once

#include "balance/retry.hpp"
#include "base/error.hpp"
#include "session/call.hpp"
#include "upstream/source_endpoints.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ambassador::session {

class Attempts {
 public:
  explicit Attempts(Call& call) noexcept : context_{call.context()}, call_{call} {}

  // Which endpoint.

  /// Chooses the endpoint of the first try, and its target: the call's source's first one if no address is known yet. `hash`
  /// is the call's key, for Balance::hash.
  void choose(std::optional<std::uint64_t> hash);
  /// Whether `choose` was called.
  [[nodiscard]] bool has_begun() const noexcept { return pool_ != nullptr; }
  /// Whether the source has an endpoint for the try. False for an address that the client named.
  [[nodiscard]] bool has_choice() const noexcept { return static_cast<bool>(choice_); }

  // A try and its connection.

  /// Begins the next try. `now` may be a moment ago.
  void begin_try(SteadyTime now) noexcept {
    ++call_.record().tries;
    try_began_ = now;
  }
  /// Takes an idle connection for the first try, without waiting; returns false if there is none. `last_look`: the kernel is
  /// asked once more whether the connection is alive, for a call that cannot be sent again.
  bool take_idle(bool last_look);
  /// Waits for the first address of the source if no endpoint is chosen.
  net::Task<Result<void>> resolve();
  /// Opens a new connection.
  net::Task<Result<void>> connect();
  [[nodiscard]] upstream::Lease& lease() noexcept { return lease_; }
  [[nodiscard]] SteadyTime try_began() const noexcept { return try_began_; }
  /// `retry.per_try` of the source.
  [[nodiscard]] std::optional<Milliseconds> per_try() const noexcept {
    return endpoints_ != nullptr ? call_.mapping()->retry.per_try : std::nullopt;
  }

  /// Goes up before everything else on a new connection: a PROXY header.
  void set_preamble(std::string preamble) { opening().preamble = std::move(preamble); }
  /// What is known of a failed try beyond its error code; may be empty.
  [[nodiscard]] std::string_view detail() const noexcept {
    return opening_ ? std::string_view{opening_->detail} : std::string_view{};
  }

  // Its outcome.

  void report_success(SteadyTime::duration latency, SteadyTime now) noexcept {
    if (choice_) endpoints_->succeeded(*choice_, latency, now);
  }
  void report_failure(SteadyTime now) {
    if (choice_) endpoints_->failed(*choice_, now);
  }
  /// The endpoint said when to come again.
  void hold_off(std::chrono::seconds wait, SteadyTime now) {
    if (choice_) endpoints_->hold_off(*choice_, wait, now);
  }
  /// A failure on the upstream's side of the connection in use.
  [[nodiscard]] Failure upstream_failure(boost::system::error_code code, Stage stage) const noexcept;

  // Whether another try follows.

  /// Adds to what the protocol knows of the request what is known here of its tries.
  [[nodiscard]] balance::TriedRequest complete(balance::TriedRequest request) const noexcept;
  [[nodiscard]] balance::RetryPolicy retry_policy() const noexcept;
  /// Judges a failed try, and takes from the retry budget what the verdict needs. `request` is as the protocol knows it.
  [[nodiscard]] balance::RetryVerdict judge(Failure const& failure, balance::TriedRequest const& request) noexcept;
  /// Chooses another endpoint for a try that follows. Returns false if there is none, or if the budget is used up.
  bool choose_another();
  /// Ends a failed try and closes its connection. Returns whether another try follows, whose endpoint is then chosen.
  net::Task<bool> begin_again(balance::RetryVerdict verdict, Failure const& failure);

  // The call's end.

  /// Waits, unless the call's end comes first.
  net::Task<void> pause(Milliseconds wait);
  /// The client is gone.
  void abandon() noexcept;
  /// The drain time is over.
  void shut_down() noexcept;
  [[nodiscard]] bool is_shut_down() const noexcept { return shut_down_; }
  /// Whether the call must not go on after a wait.
  [[nodiscard]] bool is_interrupted() const noexcept { return abandoned_ || shut_down_; }
  /// Returns why the call must not go on. It must be interrupted.
  [[nodiscard]] Failure interruption(Stage stage) const noexcept {
    if (abandoned_) return {Errc::end_of_stream, Side::client, stage, false};
    return {Errc::shutting_down, Side::local, stage, false};
  }

 private:
  void go_to(upstream::Choice choice);
  void choose_next();
  upstream::Attempt& opening() { return opening_ ? *opening_ : opening_.emplace(); }
  [[nodiscard]] bool has_other_endpoint() const noexcept;
  bool take_retry_budget() noexcept;

  Context& context_;
  Call& call_;
  upstream::Pool* pool_ = nullptr;
  upstream::SourceEndpoints* endpoints_ = nullptr;  ///< null for a call that is not mapped
  std::optional<std::uint64_t> hash_;               ///< for Balance::hash
  upstream::Choice choice_;                         ///< empty if no address is known yet
  upstream::Choice next_choice_;                    ///< of the try that follows
  std::vector<upstream::SourceEndpointPtr> tried_;  ///< and not to be tried again
  unsigned retries_ = 0;                            ///< beside moves of what was not sent
  SteadyTime try_began_{};
  upstream::Wish wish_;                       ///< of the connection that is being opened
  std::optional<upstream::Attempt> opening_;  ///< of the connections that were opened for this call
  upstream::Lease lease_;
  bool abandoned_ = false;
  bool shut_down_ = false;
};

}  // namespace ambassador::session
