// The client's side of a connection as an exchange sees it: requests and their bodies come in, responses go out. That
// it is HTTP/1.1 shows in the two parts it is made of, and nowhere else.
#pragma once

#include "session/message_reader.hpp"
#include "session/message_writer.hpp"

namespace ambassador::session {

struct ClientLeg {
  ClientLeg(net::Executor executor, net::TimerWheel& wheel, boost::asio::generic::stream_protocol protocol, int descriptor)
      : stream{executor, wheel, protocol, descriptor} {}

  net::Stream stream;
  MessageReader reader;
  MessageWriter writer;
  std::string address;  ///< the client's `address:port`
};

}  // namespace ambassador::session
