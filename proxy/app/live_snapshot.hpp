// A snapshot with all that serving it takes: made whole, before anything of it is in force, and then handed to the workers.
// What it shares with the one before is taken over as it is. It goes when the last call that it was used for is over.
#pragma once

#include "app/files.hpp"
#include "observe/metrics.hpp"
#include "route/snapshot.hpp"
#include "session/context.hpp"
#include "session/source_limits.hpp"
#include "upstream/egress.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

namespace ambassador::app {

/// Unchanging once the workers have it, but for what is counted in it. Made and ended on the control thread.
class LiveSnapshot {
 public:
  /// `previous` may be null.
  LiveSnapshot(std::shared_ptr<route::Snapshot const> snapshot, upstream::Egresses& egresses, LiveSnapshot const* previous)
      : snapshot_{std::move(snapshot)},
        files_{settings(), previous != nullptr ? &previous->files_ : nullptr},
        egress_{settings(), files_.for_egress(), egresses},
        source_limits_{settings().map, previous != nullptr ? &previous->source_limits_ : nullptr} {
    for (auto const& mapping : settings().map) {
      credentials_.push_back(mapping.credential ? &files_.credential(*mapping.credential) : nullptr);
    }
  }
  LiveSnapshot(LiveSnapshot const&) = delete;
  LiveSnapshot& operator=(LiveSnapshot const&) = delete;

  [[nodiscard]] route::Snapshot const& snapshot() const noexcept { return *snapshot_; }
  [[nodiscard]] config::Settings const& settings() const noexcept { return snapshot_->settings; }
  [[nodiscard]] ConfigFiles& files() noexcept { return files_; }
  [[nodiscard]] upstream::EgressTable const& egress() const noexcept { return egress_; }

  /// What one worker needs of it.
  [[nodiscard]] session::Policy policy(upstream::SourceTable& sources) {
    auto const& limits = settings().limits;
    return {.rules = snapshot_->rules,
            .egress = egress_,
            .sources = sources,
            .source_limits = source_limits_,
            .series = series,
            .head_limits = {limits.head, limits.fields, limits.target},
            .credentials = session::Credentials{credentials_}};
  }

  // Filled in before the workers have it.

  observe::Series series;
  std::vector<std::shared_ptr<session::ListenerInfo const>> listeners;
  std::vector<boost::asio::ip::tcp::endpoint> own_addresses;  ///< never connected to

 private:
  std::shared_ptr<route::Snapshot const> snapshot_;
  ConfigFiles files_;
  upstream::EgressTable egress_;
  session::SourceLimits source_limits_;
  std::vector<net::Current<std::string> const*> credentials_;  ///< by mapping; null: none
};

/// Returns null if the snapshot has no listener of this number.
inline std::shared_ptr<session::ListenerInfo const> find_listener(LiveSnapshot const& snapshot, std::uint64_t number) noexcept {
  auto const& all = snapshot.listeners;
  auto const found = std::find_if(all.begin(), all.end(), [&](auto const& info) { return info->number == number; });
  return found == all.end() ? nullptr : *found;
}

}  // namespace ambassador::app
