// One address of an upstream, as one worker knows it. Whoever uses it keeps it; one that the name no longer has is `gone`:
// its connections end with the call under way.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace ambassador::upstream {

struct Endpoint : boost::intrusive_ref_counter<Endpoint, boost::thread_unsafe_counter> {
  Endpoint(boost::asio::ip::tcp::endpoint where, std::string as_text, std::uint16_t share)
      : address{where}, text{std::move(as_text)}, weight{share} {}

  boost::asio::ip::tcp::endpoint address;
  std::string text;      ///< `address:port`
  std::uint16_t weight;  ///< an SRV record's, else 1
  bool gone = false;
};

using EndpointPtr = boost::intrusive_ptr<Endpoint>;
using EndpointList = std::vector<EndpointPtr>;

}  // namespace ambassador::upstream
