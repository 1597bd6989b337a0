#include "app/listeners.hpp"

#include "app/machine/port_owner.hpp"
#include "net/addresses.hpp"
#include "net/listener.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

namespace ambassador::app {
namespace asio = boost::asio;
using asio::ip::tcp;

bool is_missing_family(boost::system::error_code code) {
  return code == boost::system::errc::address_family_not_supported || code == boost::system::errc::address_not_available;
}

tcp::endpoint endpoint_of(config::ListenAddress const& address) { return {asio::ip::make_address(address.host), address.port}; }

CannotListen cannot_listen(config::ListenAddress const& address, boost::system::error_code code, std::string_view what) {
  auto const text = net::to_text(endpoint_of(address));
  if (code != asio::error::address_in_use) {
    return CannotListen{fmt::format("cannot listen on {} ({}): {}", text, what, code.message())};
  }
  auto const owner = machine::describe_port_owner(endpoint_of(address));
  return CannotListen{fmt::format("cannot listen on {} ({}): the port is in use{}. Stop that process or choose another port{}",
                                  text, what, owner,
                                  what == "admin" ? "" : "; two ambassadors may share one with --share-port")};
}

ListenerChange::ListenerChange(ListenerChange&& other) noexcept
    : addresses{std::move(other.addresses)}, added{std::move(other.added)}, sockets_{std::exchange(other.sockets_, {})} {}

ListenerChange::~ListenerChange() {
  for (auto const& sockets : sockets_) {
    for (auto const& socket : sockets) ::close(socket.descriptor);
  }
}

std::vector<ListeningSocket> ListenerChange::take_sockets(std::size_t worker) { return std::exchange(sockets_[worker], {}); }

/// An address that is open and not taken yet; the real port of one that was written with port 0 names it too.
BoundAddress const* Listeners::find_open(config::ListenAddress const& address, ListenerChange const& change) const {
  auto const found = std::find_if(addresses_.begin(), addresses_.end(), [&](BoundAddress const& open) {
    bool const same_port = open.address.port == address.port || open.endpoint.port() == address.port;
    return same_port && open.address.host == address.host &&
           std::none_of(change.addresses.begin(), change.addresses.end(),
                        [&](BoundAddress const& taken) { return taken.number == open.number; });
  });
  return found == addresses_.end() ? nullptr : &*found;
}

/// Under SO_REUSEPORT a second process would bind in silence, so the first bind is made without it; but not beside a socket
/// of our own.
boost::system::error_code Listeners::probe(tcp::endpoint const& endpoint) const {
  if (endpoint.port() == 0 || guard_.holds(endpoint.port())) return {};
  if (share_port_)
    return machine::PortGuard::is_held(endpoint.port()) ? asio::error::address_in_use : boost::system::error_code{};
  auto const opened = net::open_listening_socket(endpoint, false);
  if (!opened) return opened.error().code;
  ::close(*opened);
  return {};
}

/// An address that nobody asked for by name may be missing on the machine: that is a warning.
std::optional<CannotListen> Listeners::judge(config::ListenAddress const& address, boost::system::error_code code) const {
  if (!address.is_default || !is_missing_family(code)) return cannot_listen(address, code, "listen");
  events_.warn("not listening on {}: {}", net::to_text(endpoint_of(address)), code.message());
  return std::nullopt;
}

/// One socket a worker, in one SO_REUSEPORT group.
std::optional<CannotListen> Listeners::open_new(config::ListenAddress const& address, ListenerChange& change) {
  auto endpoint = endpoint_of(address);
  if (auto const code = probe(endpoint)) return judge(address, code);
  auto const number = ++last_number_;
  for (unsigned worker = 0; worker < workers_; ++worker) {
    auto const opened = net::open_listening_socket(endpoint, true);
    if (!opened)
      return worker == 0 ? judge(address, opened.error().code) : cannot_listen(address, opened.error().code, "listen");
    change.sockets_[worker].push_back({number, *opened});
    endpoint = net::bound_address(*opened);  // the real port, for the next worker
  }
  if (!share_port_ && !guard_.hold(endpoint.port())) return cannot_listen(address, asio::error::address_in_use, "listen");
  change.addresses.push_back({number, address, endpoint});
  change.added.push_back(number);
  return std::nullopt;
}

boost::system::result<ListenerChange, CannotListen> Listeners::open(std::vector<config::ListenAddress> const& wanted) {
  ListenerChange change;
  change.sockets_.resize(workers_);
  for (auto const& address : wanted) {
    if (auto const* const open = find_open(address, change)) {
      change.addresses.push_back({open->number, address, open->endpoint});
      continue;
    }
    auto failed = open_new(address, change);
    if (!failed) continue;
    for (auto const& opened : change.addresses) release_unless_open(opened.endpoint.port());
    return *failed;
  }
  if (change.addresses.empty()) return CannotListen{"no address to listen on is left: give --listen"};
  return change;
}

std::vector<BoundAddress> Listeners::take(ListenerChange const& change) {
  std::vector<BoundAddress> gone;
  for (auto const& open : addresses_) {
    bool const stays = std::any_of(change.addresses.begin(), change.addresses.end(),
                                   [&](BoundAddress const& kept) { return kept.number == open.number; });
    if (!stays) gone.push_back(open);
  }
  addresses_ = change.addresses;
  for (auto const& open : gone) release_unless_open(open.endpoint.port());
  return gone;
}

void Listeners::release_unless_open(std::uint16_t port) {
  bool const open = std::any_of(addresses_.begin(), addresses_.end(),
                                [&](BoundAddress const& address) { return address.endpoint.port() == port; });
  if (!open) guard_.release(port);
}

}  // namespace ambassador::app
