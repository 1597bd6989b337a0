// One GET over one connection, waited for: for the command line and the demo, never on a call's path.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <string>

namespace ambassador::app {

inline constexpr std::chrono::seconds small_client_limit{5};  ///< for the answer

struct SmallGet {
  std::string target;  ///< as the request line has it: a path, or an absolute URL where the server is a proxy
  std::string host;
  std::string accept = "*/*";
};

/// Throws boost::system::system_error where nothing answers in time, or not in HTTP.
boost::beast::http::response<boost::beast::http::string_body> get_from(boost::asio::ip::tcp::endpoint const& server,
                                                                       SmallGet const& get);

}  // namespace ambassador::app
