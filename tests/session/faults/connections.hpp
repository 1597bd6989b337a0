// The connections that the sweep plays beside plain HTTP: for each the proxies between client and upstream, which of them
// the faults are aimed at, and what both ends do.
#pragma once

#include "conversation.hpp"
#include "faulty_io.hpp"
#include "support/egress.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ambassador::faults {

/// The upstream, and the proxies in front of it. Destroyed from the front to the back.
struct Chain {
  std::unique_ptr<support::ScriptedUpstream> upstream;
  std::unique_ptr<support::Proxy> back;  ///< null: there is only one
  std::unique_ptr<support::Proxy> front;
  bool aims_at_back = false;

  [[nodiscard]] support::Proxy& aimed() const { return aims_at_back ? *back : *front; }
};

/// What the client saw of one connection.
struct Played {
  bool whole = false;        ///< it got all that there is to get
  bool looks_ended = false;  ///< it did not, and the stream ended as if it were all
  int status = 0;            ///< of the last reply to it; 0: none, or there are no replies
};

struct Connection {
  std::string name;
  std::function<Chain(Way)> chain;
  std::function<Played(Socket&, Chain const&)> client;
  FaultPlan::Leg tls = FaultPlan::Leg::neither;  ///< of the proxy aimed at: an end without a close_notify is none
  bool logs_calls = false;                       ///< a connection on which no call came is not in the log
  bool keeps = false;                            ///< the upstream's connection, for the next call
};

std::vector<Connection> const& connections();

}  // namespace ambassador::faults
