// A connection to an endpoint, and what is known of it beside its bytes.
#pragma once

#include "net/stream.hpp"
#include "upstream/endpoint.hpp"

#include <cstdint>
#include <memory>

namespace ambassador::upstream {

struct Connection {
  Connection(net::Executor executor, net::TimerWheel& wheel, EndpointPtr to)
      : stream{executor, wheel}, endpoint{std::move(to)} {}

  net::Stream stream;
  EndpointPtr endpoint;
  SteadyTime idle_since{};
  std::uint64_t tls_generation = 0;  ///< of the files that its TLS was made with
};

}  // namespace ambassador::upstream
