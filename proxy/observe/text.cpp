#include "observe/text.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace ambassador::observe {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view cut_mark = "…";
constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

constexpr bool is_plain(char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; }

constexpr bool is_plain_json(char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

/// Whether all are; without leaving early, so that the compiler takes sixteen bytes at a time.
template <class Is>
bool all_are(std::string_view text, Is is) {
  unsigned char others = 0;
  for (char const c : text) others |= static_cast<unsigned char>(!is(c));
  return others == 0;
}

constexpr unsigned char byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

constexpr bool is_continuation(std::string_view text, std::size_t i) {
  return i < text.size() && (byte_at(text, i) & 0xc0) == 0x80;
}

/// Bytes of the UTF-8 sequence at the front, RFC 3629 section 4; 0 where there is none.
std::size_t sequence_length(std::string_view text) {
  auto const first = byte_at(text, 0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !is_continuation(text, 1)) return 0;
  if (first < 0xe0) return 2;
  auto const second = byte_at(text, 1);
  if (!is_continuation(text, 2) || (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
  if (first < 0xf0) return 3;
  if (!is_continuation(text, 3) || (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  return 4;
}

/// U+0080 to U+009F: controls, to some terminals.
bool is_c1(std::string_view text) { return byte_at(text, 0) == 0xc2 && byte_at(text, 1) < 0xa0; }

void append_hex(std::string& out, char c) {
  auto const byte = static_cast<unsigned char>(c);
  out += "\\x";
  out += hex_digits[byte >> 4];
  out += hex_digits[byte & 15];
}

void append_code_point(std::string& out, unsigned char code_point) {
  out += "\\u00";
  out += hex_digits[code_point >> 4];
  out += hex_digits[code_point & 15];
}

void append_json_escape(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: append_code_point(out, static_cast<unsigned char>(c));
  }
}

void append_json_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    auto const plain = std::find_if_not(text.begin(), text.end(), is_plain_json) - text.begin();
    out.append(text.data(), static_cast<std::size_t>(plain));
    text.remove_prefix(static_cast<std::size_t>(plain));
    if (text.empty()) break;
    std::size_t const length = sequence_length(text);
    if (length == 0)
      out += replacement;
    else if (length == 1)
      append_json_escape(out, text[0]);
    else if (length == 2 && is_c1(text))
      append_code_point(out, byte_at(text, 1));
    else
      out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

}  // namespace

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_field(std::string& out, std::string_view text, std::size_t limit) {
  if (text.size() <= limit && all_are(text, is_plain)) {
    out += text;
    return;
  }
  std::size_t const begin = out.size();
  std::size_t fits = begin;  // where `…` would still come within the limit
  for (char const c : text) {
    if (is_plain(c))
      out += c;
    else
      append_hex(out, c);
    if (out.size() - begin > limit) {
      out.resize(fits);
      out += cut_mark;
      return;
    }
    if (out.size() - begin + cut_mark.size() <= limit) fits = out.size();
  }
}

void append_sentence(std::string& out, std::string_view text) {
  while (!text.empty()) {
    std::size_t const length = sequence_length(text);
    if (length == 0 || (length == 1 && is_control(text[0])) || (length == 2 && is_c1(text))) {
      append_hex(out, text[0]);
      text.remove_prefix(1);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  if (all_are(text, is_plain_json))
    out += text;
  else
    append_json_escaped(out, text);
  out += '"';
}

}  // namespace ambassador::observe
