// Names to addresses for one worker: what the resolver answered is kept for its TTL, used a little longer while asking
// again fails, and a failure is not asked for again at once. Whoever calls a name holds it, and looks at each call.
#pragma once

#include "net/resolver.hpp"
#include "observe/metrics.hpp"
#include "upstream/wish.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace ambassador::upstream {

/// How long an answer is used. Tests hand in others.
struct AnswerTimes {
  Milliseconds least_ttl{5'000};
  Milliseconds greatest_ttl{60'000};
  Milliseconds stale{30'000};  ///< beyond the TTL, while asking fails or takes long
};

inline constexpr std::chrono::seconds first_back_off{1};
inline constexpr std::chrono::seconds greatest_back_off{30};
inline constexpr std::size_t max_names = 4096;  ///< kept per worker beside those that somebody holds

/// How long a name is left alone after `failures` in a row: 1, 2, 4 … 30 s; 0 after none.
std::chrono::seconds back_off(std::uint32_t failures) noexcept;

/// Never empty.
using AddressList = std::shared_ptr<std::vector<net::ResolvedAddress> const>;

class Discovery;

/// One host as one worker knows it.
class Name {
 public:
  /// For Discovery. With `addresses` it is a literal, which is never asked for.
  Name(Discovery& discovery, std::string host, AddressList addresses);
  Name(Name const&) = delete;
  Name& operator=(Name const&) = delete;

  [[nodiscard]] std::string const& host() const noexcept { return host_; }

  /// The list in force, without waiting: fresh, or stale for a while; null where there is none. Asks again in the
  /// background when that is due. To be copied by whoever waits while it uses it.
  AddressList const& current(SteadyTime now) { return now < fresh_until_ ? addresses_ : overdue(now); }

  /// `current`, or the answer to come where there is none. Fails at Stage::resolve, at once where it has just failed;
  /// Errc::timed_out when `limit` passes first, operation_aborted when the wish is given up. Hold the name meanwhile.
  net::Task<Result<AddressList>> lookup(SteadyTime limit, Wish& wish);

  /// Another number whenever the list has changed, not where the same addresses came again, in whatever order. A list that
  /// ended and came back the same is the same.
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }

  /// What the failure of a `lookup` does not say itself: how old the list is that may no longer be used. Else empty.
  [[nodiscard]] std::string detail(SteadyTime now) const;

 private:
  friend class Discovery;

  /// A look-up that waits for the answer.
  struct Waiter {
    explicit Waiter(net::Executor executor) : answered{executor} {}
    net::Event answered;
    Result<AddressList> answer{AddressList{}};
  };

  AddressList const& overdue(SteadyTime now);
  [[nodiscard]] AddressList const& usable(SteadyTime now) const noexcept;
  void answered(Result<net::Addresses> const& answer, SteadyTime now);
  void take(net::Addresses const& answer, SteadyTime now);

  Discovery& discovery_;
  std::string const host_;
  AddressList addresses_;  ///< the last good answer's; it may be too old
  SteadyTime fresh_until_ = SteadyTime::min();
  SteadyTime answered_at_{};  ///< the last good answer
  std::uint64_t generation_ = 0;
  Failure failure_{};
  std::uint32_t failures_ = 0;  ///< in a row
  SteadyTime ask_again_ = SteadyTime::min();
  bool asking_ = false;
  std::list<Waiter*> waiting_;
};

class Discovery {
 public:
  /// `resolver` belongs to `control`'s thread; both outlive this, and this all its names.
  Discovery(net::Executor worker, boost::asio::io_context& control, net::Resolver& resolver, observe::Metrics& metrics,
            AnswerTimes times = {});

  /// A name, or a literal (IPv6 in brackets). Kept while somebody holds it, and longer where there is room.
  std::shared_ptr<Name> of(std::string const& host);

 private:
  friend class Name;

  void ask(std::string const& host);
  void answered(std::string const& host, Result<net::Addresses> const& answer, std::optional<net::Resolver::Past> const& last);
  void make_room();

  net::Executor worker_;
  boost::asio::io_context& control_;
  net::Resolver& resolver_;
  observe::Metrics& metrics_;
  AnswerTimes const times_;
  std::unordered_map<std::string, std::shared_ptr<Name>> names_;
};

}  // namespace ambassador::upstream
