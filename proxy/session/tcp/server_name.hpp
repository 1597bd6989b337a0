// The TLS in a tunnel must ask for the host that the CONNECT named: else a client that is allowed one name could reach another
// at the same address. Pure: bytes in, verdict out.
#pragma once

#include "net/relay.hpp"
#include "observe/reason.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ambassador::session {

struct ServerNameCheck {
  net::Verdict verdict = net::Verdict::pass;
  std::optional<std::string> server_name;          ///< what the TLS asks for; nullopt if it names nothing, or is none
  observe::Reason reason = observe::Reason::none;  ///< of Verdict::refuse
  std::string what;                                ///< of Verdict::refuse: a sentence
};

/// Judges the first bytes that a client sends in a tunnel to `host` and `port`. `ended`: no more bytes will come, or they did
/// not come in time.
ServerNameCheck check_server_name(std::string_view bytes, bool ended, std::string_view host, std::uint16_t port);

}  // namespace ambassador::session
