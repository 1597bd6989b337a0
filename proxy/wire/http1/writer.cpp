#include "wire/http1/writer.hpp"

#include <charconv>

namespace ambassador::wire::http1 {
namespace {

void append_number(std::string& out, std::uint64_t value, int base) {
  char digits[20];
  auto const end = std::to_chars(digits, digits + sizeof digits, value, base).ptr;
  out.append(digits, end);
}

}  // namespace

void append_request_line(std::string& out, std::string_view method, std::string_view target) {
  out.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
}

void append_status_line(std::string& out, unsigned status, std::string_view reason) {
  out.append("HTTP/1.1 ");
  append_number(out, status, 10);
  out.append(" ").append(reason).append("\r\n");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_field(std::string& out, http::Field const& field) {
  if (field.line.empty()) return append_field(out, field.name, field.value);
  out.append(field.line);
}

void append_field(std::string& out, std::string_view name, std::uint64_t value) {
  out.append(name).append(": ");
  append_number(out, value, 10);
  out.append("\r\n");
}

void append_framing(std::string& out, http::Framing framing) {
  if (framing.kind == http::BodyKind::sized) append_field(out, "Content-Length", framing.length);
  if (framing.kind == http::BodyKind::chunked) append_field(out, "Transfer-Encoding", "chunked");
}

void append_end_of_head(std::string& out) { out.append("\r\n"); }

void append_chunk_size(std::string& out, std::uint64_t size) {
  append_number(out, size, 16);
  out.append("\r\n");
}

void append_last_chunk(std::string& out, std::span<http::Field const> trailers) {
  out.append("0\r\n");
  for (auto const& field : trailers) append_field(out, field);
  out.append("\r\n");
}

}  // namespace ambassador::wire::http1
