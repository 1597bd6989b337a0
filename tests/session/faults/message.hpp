// One HTTP/1.1 message taken apart, for scripted peers that judge what they get.
#pragma once

#include "support/http_text.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

namespace ambassador::faults {

struct Message {
  std::string head;
  std::string body;      ///< without its framing
  std::string trailers;  ///< the lines, with their CRLF
};

/// Of a whole message without interim ones before it.
inline Message taken_apart(std::string_view whole) {
  Message message{std::string{whole.substr(0, whole.find("\r\n\r\n") + 4)}, {}, {}};
  auto rest = whole.substr(message.head.size());
  if (support::lower(message.head).find("\r\ntransfer-encoding: chunked\r\n") == std::string::npos) {
    message.body = rest;
    return message;
  }
  for (;;) {
    auto const size = std::strtoull(std::string{rest.substr(0, 17)}.c_str(), nullptr, 16);
    rest.remove_prefix(rest.find("\r\n") + 2);
    if (size == 0) break;
    message.body.append(rest.substr(0, size));
    rest.remove_prefix(size + 2);
  }
  message.trailers = rest.substr(0, rest.size() - 2);
  return message;
}

/// Without the interim responses at its start.
inline std::string_view final_response(std::string_view bytes) {
  while (support::status_of(bytes) >= 100 && support::status_of(bytes) < 200 && support::status_of(bytes) != 101) {
    bytes.remove_prefix(bytes.find("\r\n\r\n") + 4);
  }
  return bytes;
}

/// Whether the product answered by itself, and not the upstream.
inline bool is_own_reply(Message const& message) { return message.body.starts_with("ambassador: "); }

inline std::string sized(std::string_view body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

}  // namespace ambassador::faults
