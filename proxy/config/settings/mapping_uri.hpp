// The two URIs of a mapping, in the canonical form that requests are compared with.
#pragma once

#include "config/document/node.hpp"
#include "config/settings/settings.hpp"

#include <optional>

namespace ambassador::config {

/// `http://host[:port][/path][?query]`, where the host may be `*` or `*.suffix`; or `tcp://loopback:port`.
std::optional<SourcePattern> read_source(Node const& node, MatchKind match, Report& report);

/// `http(s)://host[:port][/path][?query]`, or `tcp://host:port`, `tls://host:port`; a literal host. Under a key of
/// Form::copies_to only the former.
std::optional<Target> read_target(Node const& node, MatchKind match, Report& report);

/// An absolute http or https URL, as `expect` has it; reports what is wrong under `node`.
bool check_url(Node const& node, std::string_view url, Report& report);

/// `host:port` of a CONNECT, as `expect` has it.
bool check_authority(Node const& node, std::string_view text, Report& report);

}  // namespace ambassador::config
