// Questions about bytes that HTTP and URIs ask everywhere: ASCII only, no locale, no allocation.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ambassador {

constexpr char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

constexpr bool is_alpha(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// SP or HTAB, RFC 9110 section 5.6.3.
constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

/// A byte that no request line or URI may hold raw: C0 controls and DEL.
constexpr bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// `unreserved`, RFC 3986 section 2.3.
constexpr bool is_unreserved(char c) noexcept {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/// `tchar`, RFC 9110 section 5.6.2.
inline constexpr auto token_chars = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < 128; ++i) table[i] = is_alpha(static_cast<char>(i)) || is_digit(static_cast<char>(i));
  for (char const mark : std::string_view{"!#$%&'*+-.^_`|~"}) table[static_cast<unsigned char>(mark)] = true;
  return table;
}();

constexpr bool is_token_char(char c) noexcept { return token_chars[static_cast<unsigned char>(c)]; }

constexpr bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

/// The value of a hex digit, or -1.
constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Returns a copy with A to Z in lower case; other bytes stay.
inline std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}

constexpr bool iequals(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

/// Without leading and trailing SP and HTAB.
constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Digits only, no sign, no blanks; nothing where it is empty or exceeds 64 bits.
constexpr std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (char const c : text) {
    if (!is_digit(c)) return std::nullopt;
    auto const digit = static_cast<std::uint64_t>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

/// Calls `each(token)` for every non-empty element of a comma-separated list, RFC 9110 section 5.6.1.
template <class Each>
constexpr void for_each_list_element(std::string_view list, Each each) {
  while (!list.empty()) {
    auto const comma = list.find(',');
    if (auto const element = trim(list.substr(0, comma)); !element.empty()) each(element);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

/// The text with every byte that is not printable ASCII, and `"` and `\`, as `\xNN`; at most `limit` bytes, `…` where cut.
std::string escape(std::string_view text, std::size_t limit);

}  // namespace ambassador
