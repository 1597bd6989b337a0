// A block must say what to do about it: which rule came closest, what differs, and the lines to paste. The search is
// bounded, since an app gone wrong may be blocked ten thousand times a second.
#pragma once

#include "route/decision.hpp"

#include <string>

namespace ambassador::route {

/// Sources looked at for a nearest miss; beyond them the map is not searched.
inline constexpr std::size_t max_miss_candidates = 64;

enum class MissCause : std::uint8_t { none, scheme, host, port, path, query, method, header };

struct NearestMiss {
  MissCause cause = MissCause::none;
  config::Mapping const* source = nullptr;   ///< the one that came closest; null with `none`
  std::string_view header = {};              ///< with `header`: the one that is missing or differs
  config::AllowRule const* allow = nullptr;  ///< with `port`, in place of a source: the entry that has the host
};

/// `listener_port` is the port the request came in at, 0 where there is none.
NearestMiss find_nearest_miss(Rules const& rules, RequestUrl const& url, std::string_view method,
                              std::span<wire::http::Field const> fields, std::uint16_t listener_port = 0);

/// "port 8443 is not listed, http://payments is"; empty where nothing came close.
std::string describe(NearestMiss const& miss, RequestUrl const& url, std::string_view method);

/// YAML that makes the call work when it is put into the configuration: an `allow` entry, or a `map` entry where the
/// request cannot be allowed as it is. Several lines, each ends in a line feed.
std::string lines_to_paste(RequestUrl const& url, std::uint16_t listener_port = 0);

/// The whole of what a blocked client is told, without the lines to paste: "not in the map: …".
std::string describe_block(NearestMiss const& miss, RequestUrl const& url, std::string_view method);

}  // namespace ambassador::route
