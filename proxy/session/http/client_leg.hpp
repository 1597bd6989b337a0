// The client's side of HTTP calls: requests and their bodies come in, responses go out. It speaks HTTP/1.
#pragma once

#include "session/http/message_reader.hpp"
#include "session/http/message_writer.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <string_view>

namespace ambassador::session {

/// Serves one connection after the other: a client that is idle has none.
struct ClientLeg {
  net::Stream* stream = nullptr;
  std::string_view address;                                  ///< the client's `address:port`
  std::optional<boost::asio::ip::tcp::endpoint> redirected;  ///< where it meant to connect, if the kernel brought it here
  bool last_call = false;                                    ///< the connection is not kept beyond the call under way
  MessageReader reader{wire::http1::max_leading_empty_lines};
  MessageWriter writer;
};

}  // namespace ambassador::session
