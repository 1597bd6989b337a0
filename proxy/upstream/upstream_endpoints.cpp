#include "upstream/upstream_endpoints.hpp"

#include "base/error.hpp"
#include "net/addresses.hpp"
#include "net/now.hpp"

#include <algorithm>
#include <utility>

namespace ambassador::upstream {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// The address that connecting to `address` reaches: a mapped IPv4 one is itself, and the unspecified one is loopback.
asio::ip::address plain(asio::ip::address const& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return plain(asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()));
  if (!address.is_unspecified()) return address;
  return address.is_v6() ? asio::ip::address{asio::ip::address_v6::loopback()}
                         : asio::ip::address{asio::ip::address_v4::loopback()};
}

/// Whether one of our own listeners would take the connection.
bool is_own(std::vector<tcp::endpoint> const& own_addresses, tcp::endpoint const& endpoint) {
  auto const address = plain(endpoint.address());
  return std::any_of(own_addresses.begin(), own_addresses.end(), [&](tcp::endpoint const& own) {
    if (own.port() != endpoint.port()) return false;
    return own.address().is_unspecified() ? address.is_loopback() || net::is_of_this_machine(address)
                                          : own.address() == address;
  });
}

}  // namespace

UpstreamEndpoints::UpstreamEndpoints(Discovery& discovery, std::vector<tcp::endpoint> const& own_addresses, Authority upstream,
                                     EgressOptions const& options)
    : own_addresses_{own_addresses},
      upstream_{std::move(upstream)},
      options_{options},
      rules_{options.addresses},
      name_{discovery.of(options.via ? options.via->authority.host : upstream_.host)} {
  if (rules_.policy == balance::AddressPolicy::mapped) rules_.literal = parse_ip_address(upstream_.host);
}

EndpointList const& UpstreamEndpoints::current(SteadyTime now) {
  auto const& addresses = name_->current(now);
  bool const lost = !addresses && !endpoints_.empty();
  if (lost || (addresses && (name_->generation() != name_generation_ || (endpoints_.empty() && !refusal_)))) {
    name_generation_ = name_->generation();
    take(addresses);
  }
  return endpoints_;
}

void UpstreamEndpoints::take(AddressList const& addresses) {
  auto const port = options_.via ? options_.via->authority.port : upstream_.port;
  EndpointList next;
  refusal_.reset();
  bool const may_bring_ports = rules_.policy == balance::AddressPolicy::mapped;  // an allow entry names the ports itself
  for (auto const& found : addresses ? *addresses : std::vector<net::ResolvedAddress>{}) {
    tcp::endpoint const address{found.address, found.port != 0 && may_bring_ports ? found.port : port};
    if (auto refusal = refused(address)) {
      if (!refusal_) refusal_ = std::move(refusal);
      continue;
    }
    auto endpoint = known(address);
    if (!endpoint) endpoint = new Endpoint{address, net::to_text(address), found.weight};
    endpoint->weight = found.weight;
    next.push_back(std::move(endpoint));
  }
  for (auto const& endpoint : endpoints_) endpoint->gone = true;
  for (auto const& endpoint : next) endpoint->gone = false;
  endpoints_ = std::move(next);
  ++generation_;
}

EndpointPtr UpstreamEndpoints::known(tcp::endpoint const& address) const {
  auto const found =
      std::find_if(endpoints_.begin(), endpoints_.end(), [&](auto const& one) { return one->address == address; });
  return found == endpoints_.end() ? nullptr : *found;
}

/// Returns nullopt if the endpoint may be connected to.
std::optional<UpstreamEndpoints::Refusal> UpstreamEndpoints::refused(tcp::endpoint const& endpoint) const {
  Refusal refusal{{Errc::own_address, Side::local, Stage::connect, false}, net::to_text(endpoint), {}};
  if (is_own(own_addresses_, endpoint)) return refusal;
  if (options_.via) return std::nullopt;  // the configuration names it, and its network is often private
  auto const kind = balance::refusal(net::ip_address(endpoint.address()), rules_);
  if (!kind) return std::nullopt;
  refusal.failure.code = Errc::address_refused;
  refusal.detail = refusal.address + " is " + std::string{balance::name(*kind)};
  return refusal;
}

/// Returns the failure if the upstream is named by an address that a parent proxy must not be asked for a tunnel to.
std::optional<Failure> UpstreamEndpoints::refused_literal(Attempt& attempt) const {
  auto const kind = options_.tunnelled ? refused_to_parent(options_, upstream_.host) : std::nullopt;
  if (!kind) return std::nullopt;
  attempt.address = upstream_.text(0);
  attempt.detail = attempt.address + " is " + std::string{balance::name(*kind)};
  return Failure{Errc::address_refused, Side::local, Stage::connect, false};
}

net::Task<Result<void>> UpstreamEndpoints::resolve(SteadyTime limit, Attempt& attempt, Wish& wish) {
  if (auto const failure = refused_literal(attempt)) co_return *failure;
  if (!current(net::now()).empty()) co_return Result<void>{};
  auto const answer = co_await name_->lookup(limit, wish);
  if (!answer) {
    attempt.detail = name_->detail(net::now());
    co_return answer.error();
  }
  if (!current(net::now()).empty()) co_return Result<void>{};
  if (!refusal_) co_return Failure{Errc::no_address, Side::upstream, Stage::resolve, false};
  attempt.address = refusal_->address;
  attempt.detail = refusal_->detail;
  co_return refusal_->failure;
}

EndpointList UpstreamEndpoints::in_turn() {
  EndpointList all;
  all.reserve(endpoints_.size());
  auto const first = turn_++;
  for (std::size_t i = 0; i < endpoints_.size(); ++i) all.push_back(endpoints_[(first + i) % endpoints_.size()]);
  return all;
}

std::optional<Failure> UpstreamEndpoints::remove_refused(EndpointList& endpoints) const {
  std::optional<Failure> failure;
  std::erase_if(endpoints, [&](EndpointPtr const& endpoint) {
    auto const refusal = refused(endpoint->address);
    if (refusal) failure = refusal->failure;
    return refusal.has_value();
  });
  return failure;
}

}  // namespace ambassador::upstream
