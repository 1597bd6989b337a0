// `ambassador redirect`: puts the rules of redirect_rules into the kernel of this network namespace, or takes them away,
// by nft where that program is there, else by iptables and ip6tables. Made for an init container with NET_ADMIN.
#pragma once

#include "command/commands.hpp"
#include "command/redirect_rules.hpp"

#include <string>

namespace ambassador::command {

struct RedirectOptions {
  RedirectRules rules;
  bool remove = false;
  bool print = false;  ///< say the rules rather than install them
  std::string with;    ///< the program: nft, iptables, iptables-nft, iptables-legacy; empty: what is there
};

/// 0: done; 1: the rules are not (all) in place; 2: options that would protect nothing.
Exit redirect(RedirectOptions const& options);

}  // namespace ambassador::command
