// Where a connection was going before the kernel redirected it to us: netfilter's REDIRECT, read by SO_ORIGINAL_DST.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <optional>

namespace ambassador::net {

/// Of an accepted socket. Nothing where it was not redirected: who connected to our own port meant us, and forwarding
/// there would be a loop.
std::optional<boost::asio::ip::tcp::endpoint> original_destination(int descriptor) noexcept;

}  // namespace ambassador::net
