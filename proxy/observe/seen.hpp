// What was called and is not covered by the configuration, kept by one worker for whoever asks for a suggestion. Bounded:
// an app gone wrong may call a new host each time. A lock of its own is no harm, since no covered call takes it.
#pragma once

#include "base/seen_call.hpp"

#include <map>
#include <mutex>
#include <utility>

namespace ambassador::observe {

class Seen {
 public:
  /// Of a host's name, RFC 1035 section 2.3.4; longer ones are not kept.
  static constexpr std::size_t max_host = 253;

  /// The worker's, at the end of a call that was blocked or reported. Allocates for a new destination only.
  void saw(SeenDestination const& destination, SystemTime when);

  /// What was seen is covered now, perhaps: a reload.
  void forget();

  /// From any thread: appends what was seen to `out`, in order.
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

  mutable std::mutex mutex_;
  std::map<Owned, Tally, Less> calls_;
  std::uint64_t overflow_ = 0;
};

}  // namespace ambassador::observe
