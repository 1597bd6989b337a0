// Takes the lines of a head or a trailer section apart: request line, status line, field lines (RFC 9112 sections 3 to 5).
// The lines are those that HeadScanner or BodyDecoder let pass: each ends with CRLF, holds no other control byte but HTAB
// and begins with no blank.
#pragma once

#include "wire/http/message.hpp"

#include <optional>
#include <string_view>

namespace ambassador::wire::http1 {

inline constexpr std::string_view crlf = "\r\n";

struct RequestLine {
  std::string_view method;
  std::string_view target;
  std::string_view version;  ///< in form `HTTP/D.D`
};

struct StatusLine {
  std::string_view version;
  unsigned status = 0;  ///< three digits
  std::string_view reason;
};

/// Takes the first line, without its CRLF, off `bytes`.
std::string_view take_line(std::string_view& bytes) noexcept;

/// Nothing where the line is malformed.
std::optional<RequestLine> split_request_line(std::string_view line) noexcept;

/// `HTTP/1.1 200` without the blank that RFC 9112 section 4 wants behind the status passes: servers send it, and it can be
/// read in one way only.
std::optional<StatusLine> split_status_line(std::string_view line) noexcept;

/// Takes the first field line off `bytes` into `field`; false where it is malformed.
bool take_field(std::string_view& bytes, http::Field& field) noexcept;

}  // namespace ambassador::wire::http1
