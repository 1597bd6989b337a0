// What a client that nobody announced speaks, by the first bytes it sends: TLS, HTTP/1 or something else. A protocol in
// which the server speaks first stays `need_more`: how long to wait is the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ambassador::wire {

/// As many bytes decide at most.
inline constexpr std::size_t max_first_bytes = 32;

enum class FirstBytes : std::uint8_t { need_more, tls, http, other };

/// `bytes` is everything received so far. TLS: a handshake record (RFC 8446 section 5.1). HTTP: a method, one SP, and the
/// beginning of a target in one of the forms of RFC 9112 section 3.2, the authority form after CONNECT only: a word and a
/// blank alone would be IRC or memcached too.
FirstBytes look_at_first_bytes(std::string_view bytes) noexcept;

}  // namespace ambassador::wire
