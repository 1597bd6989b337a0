// What a client sent, as YAML to be pasted that our own reader takes for exactly that.
#pragma once

#include <string>
#include <string_view>

namespace ambassador::route {

/// The path up to the first segment that YAML may not hold: its text is UTF-8, a URL's bytes need not be.
std::string_view writable(std::string_view path);

/// A source as a YAML scalar: quoted where it must be, `${` doubled.
std::string yaml_text(std::string_view text);

/// An entry of `map` with that source, and a target to be replaced. Two lines.
std::string source_to_paste(std::string_view source);

/// An entry of `allow` for these ports of the host. A name that looks as if a cluster or an office gave it a private address
/// says that it may have one: without that it would be refused there. One line.
std::string allow_to_paste(std::string_view host, std::string_view ports);

}  // namespace ambassador::route
