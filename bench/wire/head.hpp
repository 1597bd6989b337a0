// What an HTTP/1.1 head says of where its message ends, RFC 9112 section 6. Both sides of the bench are its own or were
// checked before: this reads, and does not judge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ambassador::bench {

struct Head {
  std::string_view start_line;
  std::size_t size = 0;      ///< bytes, the empty line included
  std::uint64_t length = 0;  ///< Content-Length
  bool chunked = false;
  bool close = false;  ///< Connection: close
};

/// Nothing while the empty line has not come. The views are into `bytes`.
std::optional<Head> read_head(std::string_view bytes) noexcept;

/// The second word of a start line: a request's target, a response's status.
std::string_view second_word(std::string_view start_line) noexcept;

}  // namespace ambassador::bench
