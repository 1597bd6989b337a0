// What a configuration means to the calls of one worker. A call keeps the policy that it began with; the worker puts another
// in its place for those that come after, and keeps the old one until nobody uses it.
#pragma once

#include "observe/metrics.hpp"
#include "route/decision.hpp"
#include "session/credentials.hpp"
#include "session/source_limits.hpp"
#include "upstream/source_endpoints.hpp"
#include "wire/http/message.hpp"

namespace ambassador::session {

/// Borrows all of it from a snapshot, which outlives it.
struct Policy {
  route::Rules const& rules;
  upstream::EgressTable const& egress;
  upstream::SourceTable& sources;
  SourceLimits& source_limits;
  observe::Series const& series;  ///< where its calls are counted
  wire::http::HeadLimits head_limits;
  Credentials credentials;
};

}  // namespace ambassador::session
