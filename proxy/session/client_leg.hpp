// The client's side of a connection as an exchange sees it: requests and their bodies come in, responses go out. That
// it is HTTP/1.1 shows in the two parts it is made of, and nowhere else.
#pragma once

#include "session/message_reader.hpp"
#include "session/message_writer.hpp"

#include <optional>

namespace ambassador::session {

/// Belongs to an exchange, not to the connection: while a client is idle it has none.
struct ClientLeg {
  net::Stream* stream = nullptr;
  std::string_view address;                                  ///< the client's `address:port`
  std::optional<boost::asio::ip::tcp::endpoint> redirected;  ///< where it meant to connect, when the kernel brought it here
  bool last_call = false;                                    ///< the connection is not kept beyond the call under way
  MessageReader reader{wire::http1::max_leading_empty_lines};
  MessageWriter writer;
};

}  // namespace ambassador::session
