// Names to addresses for one worker: what the resolver answered is kept for its TTL, used a little longer while a new
// answer is on its way, and a failure is not asked for again at once.
#pragma once

#include "net/resolver.hpp"
#include "observe/metrics.hpp"
#include "upstream/wish.hpp"

#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace ambassador::upstream {

inline constexpr std::chrono::seconds least_ttl{5};
inline constexpr std::chrono::seconds greatest_ttl{60};
inline constexpr std::chrono::seconds stale_time{30};       ///< beyond the TTL, while asking fails or takes long
inline constexpr std::chrono::seconds failure_back_off{1};  ///< a failed name is not asked for again before
inline constexpr std::size_t max_names = 4096;              ///< kept per worker

using AddressList = std::shared_ptr<std::vector<boost::asio::ip::address> const>;

class Discovery {
 public:
  /// `resolver` belongs to `control`'s thread; both outlive this.
  Discovery(net::Executor worker, boost::asio::io_context& control, net::Resolver& resolver, observe::Metrics& metrics);

  /// The addresses of `host` (a name, or a literal; IPv6 in brackets). Fails at Stage::resolve; Errc::timed_out when
  /// `limit` passes first, operation_aborted when the wish is given up.
  net::Task<Result<AddressList>> lookup(std::string host, SteadyTime limit, Wish& wish);

 private:
  /// A look-up that waits for the answer; what it was is kept here, for the entry may be gone before it goes on.
  struct Waiter {
    explicit Waiter(net::Executor executor) : answered{executor} {}
    net::Event answered;
    Result<AddressList> answer{AddressList{}};
  };

  struct Entry {
    AddressList addresses;
    SteadyTime fresh_until{};
    Failure failure;
    SteadyTime ask_again{};  ///< after a failure
    bool asking = false;
    std::list<Waiter*> waiting;
  };

  [[nodiscard]] static Result<AddressList> answer_of(Entry const& entry, SteadyTime now);
  void ask(std::string const& host, Entry& entry);
  void answered(std::string const& host, Result<net::Addresses> const& answer);
  void make_room();

  net::Executor worker_;
  boost::asio::io_context& control_;
  net::Resolver& resolver_;
  observe::Metrics& metrics_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace ambassador::upstream
