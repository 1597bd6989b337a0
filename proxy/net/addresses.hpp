// Addresses as this program's values and as texts, from Asio's.
#pragma once

#include "base/ip_address.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <string>

namespace ambassador::net {

IpAddress ip_address(boost::asio::ip::address const& address);

/// As a URL has it: IPv6 in brackets, a mapped address as IPv4.
std::string host_text(boost::asio::ip::address const& address);

/// Whether an interface of this machine has the address.
bool is_of_this_machine(boost::asio::ip::address const& address);

}  // namespace ambassador::net
