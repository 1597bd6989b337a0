// Names to addresses by c-ares: A and AAAA, the hosts file, search domains, the answer's TTL. One per process, on the
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
#include <string>
#include <vector>

namespace ambassador::net {

struct Addresses {
  std::vector<boost::asio::ip::address> list;  ///< never empty
  std::chrono::seconds ttl{0};                 ///< the least of the answer's; 0 for literals and the hosts file
};

class Resolver {
 public:
  struct Options {
    std::string server;                     ///< `host:port` in place of resolv.conf's, from AMBASSADOR_DNS
    std::chrono::milliseconds limit{5000};  ///< of one look-up, all its tries together
  };

  /// Throws boost::system::system_error where c-ares cannot start.
  Resolver(boost::asio::io_context& context, Options options);
  /// Drops the look-ups under way: no `done` is called from here on. May be called from within one.
  ~Resolver();
  Resolver(Resolver const&) = delete;
  Resolver& operator=(Resolver const&) = delete;

  using Done = std::function<void(Result<Addresses>)>;

  /// Calls `done` once, on the io_context's thread, never from inside this call. An address literal (IPv6 without
  /// brackets) needs no look-up. Failures: Errc::no_address, Errc::resolver_failed, Errc::timed_out; all at
  /// Stage::resolve, Side::upstream. Look-ups of the same name under way are shared.
  void resolve(std::string const& host, Done done);

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace ambassador::net
