// What a TLS client asks for, read from its first message before anybody answers it (RFC 8446 section 4.1.2, the same in
// TLS 1.0 to 1.2): the name, the protocols, and whether the true name is hidden. Nothing is decrypted and nothing is taken
// away: the bytes go on to whom they are for. What two readers could take for two names is malformed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::wire::tls {

/// Bytes in which a ClientHello must end, with the heads of its records.
inline constexpr std::size_t max_client_hello = 16 * 1024;

struct ClientHello {
  /// The server_name (RFC 6066 section 3), lower-case and without a trailing dot; nothing where the client sent none.
  std::optional<std::string> server_name;
  std::vector<std::string> alpn;  ///< the protocols offered (RFC 7301), in the client's order
  /// There is an encrypted_client_hello (RFC 9849): `server_name` may be that of the server in front, and the true name
  /// hidden. Browsers send one without meaning too, so that it proves nothing.
  bool encrypted = false;
};

struct ClientHelloRead {
  enum class State : std::uint8_t { need_more, complete, not_tls, malformed };

  State state = State::need_more;
  ClientHello hello;     ///< where it is complete
  std::string_view why;  ///< where it is malformed: a constant text
};

/// `bytes` is everything received so far, and what follows the ClientHello may be in it. A ClientHello may come over
/// several records, as long as nothing else is between them.
ClientHelloRead read_client_hello(std::string_view bytes);

}  // namespace ambassador::wire::tls
