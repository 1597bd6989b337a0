// One request over one connection, waited for: for the command line and the demo, never on a call's path.
#pragma once

#include "base/clock.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <string>
#include <vector>

namespace ambassador::command {

inline constexpr std::chrono::seconds small_client_limit{5};  ///< from the connect to the end of the answer

struct SmallQuestion {
  std::string target;  ///< as the request line has it: a path, or an absolute URL if the server is a proxy
  std::string host;
  std::string accept = "*/*";
  boost::beast::http::verb method = boost::beast::http::verb::get;
  Milliseconds limit = small_client_limit;
};

/// Asks the first of `servers` that takes the connection; there is one at least. Throws boost::system::system_error where
/// nothing answers in time, or not in HTTP.
boost::beast::http::response<boost::beast::http::string_body> ask(std::vector<boost::asio::ip::tcp::endpoint> const& servers,
                                                                  SmallQuestion const& question);

}  // namespace ambassador::command
