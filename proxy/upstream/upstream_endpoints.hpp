// The endpoints of one upstream as one worker knows them: the addresses of its name, without those that must not be connected
// to. An endpoint that stays is the same object; one that goes is marked as `gone`.
#pragma once

#include "upstream/attempt.hpp"
#include "upstream/discovery.hpp"
#include "upstream/egress.hpp"
#include "upstream/endpoint.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace ambassador::upstream {

class UpstreamEndpoints {
 public:
  /// Borrows `own_addresses`, which are never connected to.
  UpstreamEndpoints(Discovery& discovery, std::vector<boost::asio::ip::tcp::endpoint> const& own_addresses, Authority upstream,
                    EgressOptions const& options);

  /// Those known now; asks for them anew, without waiting, if that is due. None if the name is not resolved yet, or no longer:
  /// then `resolve` says why.
  EndpointList const& current(SteadyTime now);
  /// The same without asking.
  [[nodiscard]] EndpointList const& known() const noexcept { return endpoints_; }
  /// Another number whenever `current` gives others.
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
  /// Waits until the name is resolved. Fails if it has no address, or none that may be reached.
  net::Task<Result<void>> resolve(SteadyTime limit, Attempt& attempt, Wish& wish);

  /// All of them, each call beginning with another.
  [[nodiscard]] EndpointList in_turn();
  /// Removes those that must not be connected to: our own addresses may be others than when the name was resolved. Returns the
  /// failure of the last one.
  [[nodiscard]] std::optional<Failure> remove_refused(EndpointList& endpoints) const;

 private:
  /// Why an address must not be connected to.
  struct Refusal {
    Failure failure;
    std::string address;
    std::string detail;
  };

  void take(AddressList const& addresses);
  [[nodiscard]] EndpointPtr known(boost::asio::ip::tcp::endpoint const& address) const;
  [[nodiscard]] std::optional<Refusal> refused(boost::asio::ip::tcp::endpoint const& endpoint) const;
  [[nodiscard]] std::optional<Failure> refused_literal(Attempt& attempt) const;

  std::vector<boost::asio::ip::tcp::endpoint> const& own_addresses_;
  Authority upstream_;
  EgressOptions const& options_;
  balance::AddressRules rules_;  ///< the egress's, with the address that the upstream is named by
  std::shared_ptr<Name> name_;   ///< the upstream's, or the parent proxy's
  std::uint64_t name_generation_ = 0;
  std::uint64_t generation_ = 0;
  EndpointList endpoints_;
  std::optional<Refusal> refusal_;  ///< of an address that is none of `endpoints_`
  std::size_t turn_ = 0;            ///< which endpoint comes first
};

}  // namespace ambassador::upstream
