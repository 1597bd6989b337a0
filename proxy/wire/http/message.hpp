// An HTTP message's head as values, whatever version of HTTP carried it. Views point into the bytes the head was
// parsed from: they hold until those bytes move, that is, never across a suspension.
#pragma once

#include "base/error.hpp"
#include "wire/http/field_id.hpp"

#include <boost/beast/http/verb.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ambassador::wire::http {

using Method = boost::beast::http::verb;

struct Field {
  FieldId id = FieldId::unknown;
  std::string_view name;
  std::string_view value;  ///< without the blanks around it
  std::string_view line;   ///< all of it as `Name: value` CRLF, where it came in just that form: to be passed on as it is
};

/// Reused from head to head, so that a head costs no allocation.
using FieldList = std::vector<Field>;

/// How a body ends, RFC 9112 section 6.3.
enum class BodyKind : std::uint8_t { none, sized, chunked, until_close };

struct Framing {
  BodyKind kind = BodyKind::none;
  std::uint64_t length = 0;  ///< of a sized body, in bytes

  [[nodiscard]] bool has_body() const noexcept {
    return kind == BodyKind::chunked || kind == BodyKind::until_close || (kind == BodyKind::sized && length != 0);
  }
};

/// What both kinds of head have in common.
struct Head {
  unsigned minor_version = 1;  ///< of HTTP/1.x
  std::span<Field const> fields;
  Framing body;
  bool connection_close = false;         ///< `Connection: close`
  bool connection_keep_alive = false;    ///< `Connection: keep-alive`, which matters to HTTP/1.0 only
  bool connection_upgrade = false;       ///< `Connection: upgrade`
  bool connection_names_fields = false;  ///< Connection names fields beyond the usual ones: they are dropped too
  std::string_view upgrade;              ///< the value of Upgrade

  [[nodiscard]] bool keeps_alive() const noexcept { return !connection_close && (minor_version >= 1 || connection_keep_alive); }
};

struct RequestHead : Head {
  Method method = Method::unknown;
  std::string_view method_text;
  std::string_view target;  ///< as it came: origin, absolute, authority or asterisk form
  std::string_view host;    ///< the value of Host; empty where there is none
  bool has_host = false;
  bool expects_continue = false;
  bool expects_unknown = false;  ///< an Expect other than 100-continue: 417, RFC 9110 section 10.1.1
  bool has_ids = false;          ///< a traceparent or an X-Request-Id is there
  std::uint64_t max_forwards = UINT64_MAX;
};

struct ResponseHead : Head {
  unsigned status = 0;
  std::string_view reason;
  std::uint64_t keep_alive_timeout = 0;  ///< `timeout=N` of Keep-Alive, in seconds; 0 where it is absent
  bool has_date = false;
};

/// Why a head was refused: the code decides the reply, the text tells the reader.
struct Fault {
  Errc code = Errc::bad_message;
  std::string_view why;  ///< a constant text
};

/// Bounds of a head, from `limits`.
struct HeadLimits {
  std::size_t head = 64 * 1024;
  std::size_t fields = 100;
  std::size_t target = 16 * 1024;
};

/// Whether a request may be made twice with the effect of one, RFC 9110 section 9.2.2.
bool is_idempotent(Method method) noexcept;

/// Whether any Connection field of this head names `name`, RFC 9110 section 7.6.1.
bool connection_names(Head const& head, std::string_view name) noexcept;

}  // namespace ambassador::wire::http
