// What the results of active checks say of an endpoint.
#pragma once

#include <cstdint>

namespace ambassador::balance {

enum class Change : std::uint8_t { none, became_unhealthy, became_healthy };

/// Of one endpoint; not shared between threads. It begins as healthy, so that calls need not wait for the first check, but the
/// first result decides alone, as in HAProxy: who never answered has earned no patience, and where it was our own network that
/// was not up yet, all fail and panic lets the calls through.
class CheckState {
 public:
  /// `fall` failures in a row make it unhealthy, `rise` successes in a row healthy again; 0 is taken as 1.
  constexpr Change report(bool ok, unsigned fall, unsigned rise) noexcept {
    bool const first = first_;
    first_ = false;
    if (ok == healthy_) {
      against_ = 0;
      return Change::none;
    }
    ++against_;
    if (!first && against_ < (ok ? rise : fall)) return Change::none;
    against_ = 0;
    healthy_ = ok;
    return ok ? Change::became_healthy : Change::became_unhealthy;
  }

  [[nodiscard]] constexpr bool healthy() const noexcept { return healthy_; }

 private:
  bool healthy_ = true;
  bool first_ = true;
  unsigned against_ = 0;  ///< results in a row that say the opposite
};

}  // namespace ambassador::balance
