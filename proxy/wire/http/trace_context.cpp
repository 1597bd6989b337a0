#include "wire/http/trace_context.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace ambassador::wire::http {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::uint8_t sampled_flag = 0x01;
constexpr std::uint8_t invalid_version = 0xff;

// Where the parts begin, in every version.
constexpr std::size_t trace_id_at = 3;
constexpr std::size_t parent_id_at = 36;
constexpr std::size_t flags_at = 53;

/// Two digits a byte; false where one of them is not a lower-case hex digit.
bool read_hex(std::string_view digits, std::span<std::uint8_t> bytes) noexcept {
  auto const is_lower_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  if (!std::all_of(digits.begin(), digits.end(), is_lower_hex)) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(hex_value(digits[2 * i]) * 16 + hex_value(digits[2 * i + 1]));
  }
  return true;
}

bool is_zero(std::span<std::uint8_t const> bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](auto byte) { return byte == 0; });
}

/// Section 3.2.4: a later version may have more behind a dash, which nobody here understands.
bool has_valid_size(std::string_view value, std::uint8_t version) noexcept {
  if (version == invalid_version || value.size() < traceparent_size) return false;
  return value.size() == traceparent_size || (version != 0 && value[traceparent_size] == '-');
}

}  // namespace

std::optional<TraceParent> read_traceparent(std::string_view value) noexcept {
  std::array<std::uint8_t, 1> version{};
  if (value.size() < traceparent_size || !read_hex(value.substr(0, 2), version)) return std::nullopt;
  if (!has_valid_size(value, version[0])) return std::nullopt;
  bool const dashed = value[trace_id_at - 1] == '-' && value[parent_id_at - 1] == '-' && value[flags_at - 1] == '-';
  TraceParent parent;
  std::array<std::uint8_t, 1> flags{};
  if (!dashed || !read_hex(value.substr(trace_id_at, 32), parent.trace_id) ||
      !read_hex(value.substr(parent_id_at, 16), parent.parent_id) || !read_hex(value.substr(flags_at, 2), flags) ||
      is_zero(parent.trace_id) || is_zero(parent.parent_id)) {
    return std::nullopt;
  }
  parent.sampled = (flags[0] & sampled_flag) != 0;
  return parent;
}

void append_traceparent(std::string& out, TraceParent const& parent) {
  out += "00-";
  append_hex(out, parent.trace_id);
  out += '-';
  append_hex(out, parent.parent_id);
  out += parent.sampled ? "-01" : "-00";
}

void append_hex(std::string& out, std::span<std::uint8_t const> bytes) {
  auto at = out.size();
  out.resize(at + 2 * bytes.size());
  for (auto const byte : bytes) {
    out[at++] = hex_digits[byte >> 4];
    out[at++] = hex_digits[byte & 15];
  }
}

}  // namespace ambassador::wire::http
