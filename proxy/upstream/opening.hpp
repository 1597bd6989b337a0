// From the addresses of an upstream to a connection that a call can use: TCP, the parent proxy's tunnel, the PROXY preamble,
// TLS. Each step is a function.
#pragma once

#include "base/result.hpp"
#include "base/uri.hpp"
#include "net/tls.hpp"
#include "upstream/attempt.hpp"
#include "upstream/connection.hpp"
#include "upstream/egress.hpp"
#include "upstream/wish.hpp"

#include <memory>

namespace ambassador::upstream {

/// What the connections to one upstream are opened with. Borrows all of it.
struct Opening {
  net::Executor executor;
  net::TimerWheel& wheel;
  Authority const& upstream;
  EgressOptions const& options;
  net::TlsSessionSlot& tls_session;  ///< to be resumed, and kept for the next
};

/// Opens a connection to one of `endpoints`, in this order by Happy Eyeballs; if a step after TCP fails, to one of the others.
/// All steps together end at `limit`. Returns the last failure; operation_aborted if the wish is given up.
net::Task<Result<std::unique_ptr<Connection>>> open_connection(Opening const& opening, EndpointList endpoints, SteadyTime limit,
                                                               Attempt& attempt, Wish& wish);

}  // namespace ambassador::upstream
