#include "net/addresses.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include <ifaddrs.h>
#include <netinet/in.h>

namespace ambassador::net {
namespace asio = boost::asio;

IpAddress ip_address(asio::ip::address const& address) {
  if (address.is_v4()) return IpAddress::v4(address.to_v4().to_uint());
  IpAddress out;
  auto const bytes = address.to_v6().to_bytes();
  std::copy(bytes.begin(), bytes.end(), out.bytes.begin());
  return out;
}

std::string host_text(asio::ip::address const& address) {
  auto const value = ip_address(address);
  return value.is_v4() ? to_string(value) : '[' + to_string(value) + ']';
}

bool is_of_this_machine(asio::ip::address const& address) {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return false;
  std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> const owner{all, &::freeifaddrs};
  for (auto const* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    if (address.is_v4() && one->ifa_addr->sa_family == AF_INET) {
      auto const& in = *reinterpret_cast<sockaddr_in const*>(one->ifa_addr);
      if (ntohl(in.sin_addr.s_addr) == address.to_v4().to_uint()) return true;
    } else if (address.is_v6() && one->ifa_addr->sa_family == AF_INET6) {
      auto const& in = *reinterpret_cast<sockaddr_in6 const*>(one->ifa_addr);
      if (std::memcmp(&in.sin6_addr, address.to_v6().to_bytes().data(), sizeof in.sin6_addr) == 0) return true;
    }
  }
  return false;
}

}  // namespace ambassador::net
