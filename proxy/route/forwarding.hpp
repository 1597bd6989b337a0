// What a head says when it goes on: the values that a writer of any HTTP version needs, beside the fields themselves
// (forwarded_fields.hpp).
#pragma once

#include "config/settings/settings.hpp"
#include "route/call_ids.hpp"
#include "wire/http/message.hpp"

#include <string>
#include <string_view>

namespace ambassador::route {

/// Whether our own Via entry is already there: the request has come back to us (RFC 9110 section 7.6.3).
bool went_through(wire::http::Head const& head, std::string_view pseudonym) noexcept;

/// The protocol that the client asks to switch to and that we tunnel, or empty. An offer of h2c is ignored, as
/// RFC 9110 section 7.8 allows; so is any offer with a body, or in HTTP/1.0.
std::string_view wanted_upgrade(wire::http::RequestHead const& head) noexcept;

struct ForwardedRequest {
  std::string_view target;                     ///< path and query; towards a parent proxy the whole URL
  std::string_view host;                       ///< the value of Host
  std::string_view pseudonym;                  ///< ours, for Via
  std::string_view upgrade;                    ///< from `wanted_upgrade`
  config::HeaderRules const* rules = nullptr;  ///< null: none
  std::string_view credential_name = {};       ///< the field that goes in place of the app's own, after the rules; empty: none
  std::string_view credential_value = {};      ///< one line
  std::string_view proxy_authorization = {};   ///< the value of Proxy-Authorization for a parent proxy; empty: none
  CallIds const* ids = nullptr;                ///< null: those of the client go on as they came; the rules come before ours
};

/// How the body goes on to the client, and what becomes of the client's connection.
struct ForwardedResponse {
  wire::http::Framing body;
  bool keep_alive = true;
  bool to_http10 = false;  ///< the client speaks HTTP/1.0: keep-alive must be said
  std::string_view pseudonym;
  std::string_view date;                           ///< for a response without one, RFC 9110 section 6.6.1
  bool upgraded = false;                           ///< a 101 that was asked for
  config::Mapping const* mapping = nullptr;        ///< that decided: a Location into its target is mapped back
  config::Target const* mapping_target = nullptr;  ///< that the call went to; with `mapping`
  Authority const* asked = nullptr;                ///< as the client asked for it; with `mapping`
  bool asked_https = false;                        ///< it asked for https://, or at a listener with TLS
  config::HeaderRules const* rules = nullptr;      ///< of final responses, and of a 101; null: none
};

}  // namespace ambassador::route
