// What a client asks for, whatever form it asked in: origin, absolute, authority (CONNECT) or asterisk
// (RFC 9112 section 3.2). Canonical, so that what is matched is what is sent; in doubt it is refused.
#pragma once

#include "base/uri.hpp"
#include "config/protocol.hpp"
#include "wire/http/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ambassador::route {

enum class TargetForm : std::uint8_t { origin, absolute, authority, asterisk };

/// Of a request's URL: http or https.
using Scheme = config::TargetScheme;

/// Strings keep their capacity from call to call.
struct RequestUrl {
  TargetForm form = TargetForm::origin;
  Scheme scheme = Scheme::http;
  Authority authority;
  std::string path;   ///< canonical, begins with `/`; empty for CONNECT
  std::string query;  ///< as it came, without the `?`
  bool has_query = false;
  bool whole_server = false;  ///< OPTIONS for `*`, or for an absolute URL without a path (RFC 9112 section 3.2.4)

  [[nodiscard]] std::uint16_t port() const noexcept { return authority.port_or(config::default_port(scheme)); }
  /// `http://host[:port]/path[?query]`, or `host:port` for CONNECT.
  void append_text(std::string& out) const;
};

/// Why a target was refused; a constant text.
using UrlFault = std::optional<std::string_view>;

/// What is known of a request's way here, beside its bytes.
struct Arrival {
  Authority const* tunnel = nullptr;  ///< of the CONNECT that it came through
  bool tls = false;                   ///< the listener speaks TLS: in origin form the scheme is https
  std::uint16_t redirected_port = 0;  ///< where the client meant to connect, when the kernel redirected it here
};

/// Reads the request's target and Host into `url`. Absolute-form wins over Host (RFC 9112 section 3.2.2), whose
/// syntax is judged all the same. Through a tunnel the request must be in origin form, and its Host must name the same
/// authority. A redirected one counts as absolute: its Host is where it wants to go.
UrlFault read_request_url(wire::http::RequestHead const& head, Arrival const& arrival, RequestUrl& url);

/// Reads an absolute URL that a user typed (`explain`, `expect`), or `host:port` where `method` is CONNECT.
UrlFault read_typed_url(std::string_view method, std::string_view text, RequestUrl& url);

}  // namespace ambassador::route
