// What a line of the access log says was asked for, as the rules see it: a text line does not say at which listener the call
// came in, nor in which form, so both are inferred.
#pragma once

#include "observe/logged_call.hpp"
#include "route/request_url.hpp"
#include "route/seen.hpp"
#include "route/snapshot.hpp"

namespace ambassador::admin {

/// Reads a URL, or the `[tcp://]host:port` of a connection. Returns false if it is neither.
bool read_logged_url(observe::LoggedCall const& call, route::RequestUrl& url);

/// The listener's port, by the line or by the URL; 0: neither says. `snapshot` may be null: then there is the default one.
std::uint16_t listener_port_of(observe::LoggedCall const& call, route::RequestUrl const& url, route::Snapshot const* snapshot);

/// The lines that would let a call pass which the map did not cover: as they were in its reply. `seen` tells which calls came
/// straight to a listener.
std::string lines_for(route::RequestUrl const& url, std::uint16_t listener_port, route::SeenCalls const& seen);

}  // namespace ambassador::admin
