// Calls that the configuration does not cover, as what they asked for: what `suggest` makes lines of. Bounded, since an app
// gone wrong may call a new host each time.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace ambassador::route {

/// Destinations that one tally keeps; calls to further ones are only counted.
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
  std::uint16_t port = 0;  ///< never 0
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

/// Each destination once, with how often it was called.
class SeenTally {
 public:
  /// Of a host's name, RFC 1035 section 2.3.4; longer ones are not kept.
  static constexpr std::size_t max_host = 253;

  /// Counts a call. Allocates for a new destination only.
  void saw(SeenDestination const& destination, SystemTime when);

  /// Begins anew.
  void forget();

  /// Appends what was seen to `out`, in order.
  void add_to(SeenCalls& out) const;

 private:
  struct Owned {
    SeenForm form;
    std::string host;
    std::uint16_t port;
    std::string path;

    [[nodiscard]] SeenDestination view() const noexcept { return {form, host, port, path}; }
  };
  struct Less {
    using is_transparent = void;
    static SeenDestination view(Owned const& key) noexcept { return key.view(); }
    static SeenDestination view(SeenDestination const& key) noexcept { return key; }
    bool operator()(auto const& a, auto const& b) const noexcept { return view(a) < view(b); }
  };
  struct Tally {
    std::uint64_t count = 0;
    SystemTime last;
  };

  std::map<Owned, Tally, Less> calls_;
  std::uint64_t overflow_ = 0;
};

}  // namespace ambassador::route
