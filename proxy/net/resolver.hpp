// Names to addresses by c-ares: SRV, A and AAAA, the hosts file, search domains, the answer's TTL. One per process, on the
// control thread; workers keep what it answers (upstream/discovery).
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ambassador::net {

inline constexpr std::size_t max_addresses = 1024;  ///< of one answer; what there is beyond is left out

struct ResolvedAddress {
  boost::asio::ip::address address;
  std::uint16_t port = 0;    ///< 0: the target's own
  std::uint16_t weight = 1;  ///< its share among the others of the answer, never 0

  bool operator==(ResolvedAddress const&) const = default;
};

struct Addresses {
  std::vector<ResolvedAddress> list;  ///< never empty; the families in turn, in the order to connect (RFC 8305 section 4)
  std::chrono::seconds ttl{0};        ///< the least of the answer's; 0 for literals and the hosts file
};

class Resolver {
 public:
  struct Options {
    std::string server;                     ///< `host:port` in place of resolv.conf's, from AMBASSADOR_DNS
    std::chrono::milliseconds limit{5000};  ///< of one look-up, all its tries together
    std::string resolv_conf;                ///< in place of /etc/resolv.conf, for tests
  };

  /// Throws boost::system::system_error where c-ares cannot start.
  Resolver(boost::asio::io_context& context, Options options);
  /// Drops the look-ups under way: no `done` is called from here on. May be called from within one.
  ~Resolver();
  Resolver(Resolver const&) = delete;
  Resolver& operator=(Resolver const&) = delete;

  using Done = std::function<void(Result<Addresses>)>;

  /// An answer, and when it came.
  struct Past {
    Addresses answer;
    SteadyTime at;
  };

  static constexpr std::size_t max_past = 4096;  ///< kept; beyond, all are forgotten

  /// Calls `done` once, on the io_context's thread, never from inside this call. An address literal (IPv6 without
  /// brackets) needs no look-up. A host whose first label begins with `_` is a service (RFC 2782): its SRV targets of the
  /// lowest priority, each with all its addresses. Failures: Errc::no_address, Errc::resolver_failed, Errc::timed_out; all at
  /// Stage::resolve, Side::upstream. Look-ups of the same name under way are shared.
  void resolve(std::string const& host, Done done);

  /// The last answer for a name that was no failure, whoever asked: for those who ask for the first time when it fails.
  [[nodiscard]] std::optional<Past> last_good(std::string const& host) const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace ambassador::net
