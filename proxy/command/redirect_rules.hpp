// The kernel rules of transparent mode, as text for `nft -f` and for `iptables-restore --noflush`. What they promise:
// TCP of every uid but the ambassador's arrives at its transparent port, and what cannot be redirected is rejected at
// once rather than let through. Loopback, replies, DNS (port 53) and IPv6 neighbour discovery pass. Pure: nothing is run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::command {

inline constexpr std::uint16_t default_transparent_port = 15001;

struct RedirectRules {
  std::vector<std::uint32_t> uids;                ///< whose traffic is left alone; at least one
  std::uint16_t port = default_transparent_port;  ///< where the ambassador listens, on 127.0.0.1 and ::1
};

enum class IpVersion : std::uint8_t { v4, v6 };

enum class Table : std::uint8_t { nat, filter };

/// Puts the table `inet ambassador` in place of the one there, in one transaction.
std::string nft_installation(RedirectRules const& rules);
/// Removes that table; also valid if there is none.
std::string nft_removal();

/// Fills our chain of `table`, and makes OUTPUT begin with it. `saved` is what iptables-save says of this table now: the
/// jumps of an earlier run are taken away in the same transaction.
std::string iptables_installation(RedirectRules const& rules, IpVersion version, Table table, std::string_view saved);
/// Removes our chain of `table` and the jumps to it; empty if `saved` has nothing of ours.
std::string iptables_removal(Table table, std::string_view saved);

}  // namespace ambassador::command
