// Addresses to listen on: `host:port` in its several shapes.
#pragma once

#include "config/document/node.hpp"
#include "config/settings/settings.hpp"

#include <optional>
#include <vector>

namespace ambassador::config {

/// An address alone. The host is an IP address, nothing (every address of both families), or `localhost` (both
/// loopback addresses). Where one text stands for two families, a machine without the second only gets a warning.
std::vector<ListenAddress> read_address(Node const& node, Report& report);

/// One entry of `listen`: an address, or one with keys beside it.
std::vector<ListenAddress> read_listen(Node const& node, Report& report);

/// An IP address, IPv6 in brackets, as a listener has it: in its canonical text, without the brackets.
std::optional<std::string> canonical_ip(std::string_view host);

/// Whether both would bind the same address and port. A wildcard covers its own family; port 0 is never the same.
bool overlap(ListenAddress const& a, ListenAddress const& b) noexcept;

/// `127.0.0.1:1080`, `[::1]:1080`.
std::string to_string(ListenAddress const& address);

}  // namespace ambassador::config
