// /calls: the last lines of the access log as JSON, for the page. What the log leaves out is not here either.
#pragma once

#include "observe/recent_lines.hpp"
#include "route/seen.hpp"
#include "route/snapshot.hpp"

#include <cstdint>
#include <string>

namespace ambassador::admin {

/// `{"last": N, "calls": [...]}`: what is kept of the calls with a greater number than `after`, from the oldest on. One that
/// was blocked or reported because the map did not cover it has `paste`, the lines that would let it pass, or, where the
/// configuration in force covers it, `covered_by`.
std::string recent_calls_json(route::Snapshot const& snapshot, observe::RecentLines const& lines, route::SeenCalls const& seen,
                              std::uint64_t after);

}  // namespace ambassador::admin
