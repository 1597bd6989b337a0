// Who holds a port, where /proc lets us see it: "address in use" alone sends people searching.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <string>

namespace ambassador::app::machine {

/// Returns ", by nginx (pid 4711)", or an empty text if it cannot be told.
std::string describe_port_owner(boost::asio::ip::tcp::endpoint const& endpoint);

}  // namespace ambassador::app::machine
