// HTTP/1.1 as bytes. Every line is written anew from values; a field line that came in just the form in which it would be
// written is copied.
#pragma once

#include "wire/http/message.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ambassador::wire::http1 {

void append_request_line(std::string& out, std::string_view method, std::string_view target);
/// `HTTP/1.1 200 OK`. An empty `reason` is allowed: the blank before it is not optional.
void append_status_line(std::string& out, unsigned status, std::string_view reason);
void append_field(std::string& out, std::string_view name, std::string_view value);
void append_field(std::string& out, http::Field const& field);
void append_field(std::string& out, std::string_view name, std::uint64_t value);
/// The framing field of a body: Content-Length, Transfer-Encoding, or nothing.
void append_framing(std::string& out, http::Framing framing);
void append_end_of_head(std::string& out);

/// Appends each field that it is given as a line.
class FieldWriter {
 public:
  explicit FieldWriter(std::string& out) noexcept : out_{out} {}

  void field(http::Field const& field) { append_field(out_, field); }
  void field(std::string_view name, std::string_view value) { append_field(out_, name, value); }
  void field(std::string_view name, std::uint64_t value) { append_field(out_, name, value); }

 private:
  std::string& out_;
};

/// The line before a chunk's payload. The payload is followed by `chunk_end`.
void append_chunk_size(std::string& out, std::uint64_t size);
inline constexpr std::string_view chunk_end = "\r\n";
/// The last chunk with its trailers.
void append_last_chunk(std::string& out, std::span<http::Field const> trailers);

}  // namespace ambassador::wire::http1
