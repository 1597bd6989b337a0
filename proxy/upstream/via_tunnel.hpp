// A tunnel through a parent proxy: CONNECT, and what it answers (RFC 9110 section 9.3.6).
#pragma once

#include "base/result.hpp"
#include "base/uri.hpp"
#include "net/stream.hpp"

#include <string>
#include <string_view>

namespace ambassador::upstream {

/// The parent's whole answer to a CONNECT; longer ones are refused.
inline constexpr std::size_t max_tunnel_answer = 8 * 1024;

/// Asks the parent at the other end of `stream` for a tunnel to `upstream`; the deadline in force applies. Nothing behind
/// the answer is read. `authorization` is the value of Proxy-Authorization, or empty. Errc::via_refused where the parent
/// does not open it: `detail` then says what it answered.
net::Task<Result<void>> open_via_tunnel(net::Stream& stream, Authority const& upstream, std::string_view authorization,
                                        std::string& detail);

}  // namespace ambassador::upstream
