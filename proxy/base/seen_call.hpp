// Calls that the configuration does not cover, as what they asked for: what `suggest` makes lines of. The workers see them,
// a pure function reads them.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace ambassador {

/// Destinations that one worker keeps; calls to further ones are only counted.
inline constexpr std::size_t max_seen = 1024;

/// How the destination was said, which decides whether an `allow` entry would do, or only a source.
enum class SeenForm : std::uint8_t {
  absolute,  ///< `GET http://host/`
  origin,    ///< straight at a listener, with Host
  connect,
  tcp,  ///< a redirected connection
};

/// Views of a destination; as a key, the parts in this order.
struct SeenDestination {
  SeenForm form = SeenForm::absolute;
  std::string_view host;   ///< canonical; IPv6 in brackets
  std::uint16_t port = 0;  ///< never 0 where it was seen
  std::string_view path;   ///< SeenForm::origin only: the first segment with its slash; empty is the root

  bool operator==(SeenDestination const&) const = default;
  bool operator<(SeenDestination const& other) const noexcept {
    return std::tie(form, host, port, path) < std::tie(other.form, other.host, other.port, other.path);
  }
};

/// A destination, and how often it was called.
struct SeenCall {
  SeenForm form = SeenForm::absolute;
  std::string host;
  std::uint16_t port = 0;
  std::string path;
  std::uint64_t count = 0;
  SystemTime last;
};

struct SeenCalls {
  std::vector<SeenCall> calls;
  std::uint64_t overflow = 0;  ///< calls to destinations that were not kept
};

}  // namespace ambassador
