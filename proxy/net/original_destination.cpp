#include "net/original_destination.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

namespace ambassador::net {
namespace {

using Endpoint = boost::asio::ip::tcp::endpoint;

// <linux/netfilter_ipv4.h> and <linux/netfilter_ipv6/ip6_tables.h> clash with <netinet/in.h>.
constexpr int so_original_dst = 80;
constexpr int ip6t_so_original_dst = 80;

/// An endpoint that the system fills in; nothing where it refuses.
template <class Fill>
std::optional<Endpoint> endpoint_by(Fill fill) noexcept {
  Endpoint endpoint;
  auto size = static_cast<socklen_t>(endpoint.capacity());
  if (fill(endpoint.data(), &size) != 0 || size > endpoint.capacity()) return std::nullopt;
  auto const family = endpoint.data()->sa_family;
  if (family != AF_INET && family != AF_INET6) return std::nullopt;
  return endpoint;
}

/// IPv4 as such, also where the socket is of IPv6.
Endpoint unmapped(Endpoint const& endpoint) noexcept {
  auto const address = endpoint.address();
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return endpoint;
  return {boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()), endpoint.port()};
}

}  // namespace

std::optional<Endpoint> original_destination(int descriptor) noexcept {
  auto own = endpoint_by([&](sockaddr* to, socklen_t* size) { return ::getsockname(descriptor, to, size); });
  if (!own) return std::nullopt;
  own = unmapped(*own);
  bool const v4 = own->address().is_v4();
  auto original = endpoint_by([&](sockaddr* to, socklen_t* size) {
    return v4 ? ::getsockopt(descriptor, SOL_IP, so_original_dst, to, size)
              : ::getsockopt(descriptor, SOL_IPV6, ip6t_so_original_dst, to, size);
  });
  // For any connection that the kernel tracks it says where that went: redirected is what went elsewhere.
  if (!original || *original == *own) return std::nullopt;
  return original;
}

}  // namespace ambassador::net
