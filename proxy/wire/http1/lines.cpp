#include "wire/http1/lines.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace ambassador::wire::http1 {
namespace {

/// `HTTP/` DIGIT `.` DIGIT, RFC 9112 section 2.3.
constexpr bool is_version(std::string_view text) noexcept {
  return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' && is_digit(text[7]);
}

}  // namespace

std::string_view take_line(std::string_view& bytes) noexcept {
  auto const line = bytes.substr(0, bytes.find('\r'));
  bytes.remove_prefix(std::min(line.size() + crlf.size(), bytes.size()));
  return line;
}

std::optional<RequestLine> split_request_line(std::string_view line) noexcept {
  auto const first = line.find(' ');
  auto const last = line.rfind(' ');
  if (first == last) return std::nullopt;  // also where there is none
  RequestLine const parts{line.substr(0, first), line.substr(first + 1, last - first - 1), line.substr(last + 1)};
  bool const blank_inside = parts.target.find_first_of(" \t") != std::string_view::npos;
  if (!is_token(parts.method) || parts.target.empty() || blank_inside || !is_version(parts.version)) return std::nullopt;
  return parts;
}

std::optional<StatusLine> split_status_line(std::string_view line) noexcept {
  constexpr std::size_t version_size = 8;
  constexpr std::size_t status_end = version_size + 4;
  if (line.size() < status_end || !is_version(line.substr(0, version_size)) || line[version_size] != ' ') return std::nullopt;
  auto const status = parse_decimal(line.substr(version_size + 1, 3));
  if (!status || (line.size() > status_end && line[status_end] != ' ')) return std::nullopt;
  auto const reason = line.size() > status_end ? line.substr(status_end + 1) : std::string_view{};
  return StatusLine{line.substr(0, version_size), static_cast<unsigned>(*status), reason};
}

bool take_field(std::string_view& bytes, http::Field& field) noexcept {
  auto const name_end = std::find_if_not(bytes.begin(), bytes.end(), is_token_char);
  auto const colon = static_cast<std::size_t>(name_end - bytes.begin());
  if (colon == 0 || colon == bytes.size() || bytes[colon] != ':') return false;
  auto const end = bytes.find('\r', colon);
  if (end == std::string_view::npos) return false;
  auto const line = bytes.substr(0, end + crlf.size());
  auto const raw = line.substr(colon + 1, end - colon - 1);
  bytes.remove_prefix(line.size());
  field.name = line.substr(0, colon);
  field.id = http::field_id(field.name);
  field.value = trim(raw);
  bool const usual = raw.size() == field.value.size() + 1 && raw.front() == ' ';
  field.line = usual ? line : std::string_view{};
  return true;
}

}  // namespace ambassador::wire::http1
