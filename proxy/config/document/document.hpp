// The configuration as a tree that knows where each part was written. It holds text only: what a text means is decided
// by the key it stands under, so that YAML's own ideas (`no` is false, `1:30` is ninety) never apply.
//
// Bounded: bytes, depth, and nodes after aliases are expanded. Refused: duplicate keys, keys that are not a text, tags,
// a second document, control bytes.
#pragma once

#include "config/document/node.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ambassador::config {

constexpr std::size_t max_document_bytes = 1024 * 1024;
constexpr std::size_t max_document_depth = 32;
constexpr std::size_t max_document_nodes = 20'000;

/// Reads YAML (so JSON too). Nothing where it cannot be read at all; an empty document is an empty map.
std::optional<Node> parse_document(std::string_view text, std::string const& file, Report& report);

}  // namespace ambassador::config
