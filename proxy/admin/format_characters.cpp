#include "admin/format_characters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ambassador::admin {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

/// Unicode 15, UnicodeData.txt: those of category Cf. U+E0000 to U+E007F are tags as a whole.
constexpr std::array<Range, 20> format_characters{
    {{0xad, 0xad},       {0x600, 0x605},     {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},
     {0x890, 0x891},     {0x8e2, 0x8e2},     {0x180e, 0x180e},   {0x200b, 0x200f},   {0x202a, 0x202e},
     {0x2060, 0x2064},   {0x2066, 0x206f},   {0xfeff, 0xfeff},   {0xfff9, 0xfffb},   {0x110bd, 0x110bd},
     {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe007f}}};

bool is_format_character(char32_t character) {
  return std::any_of(format_characters.begin(), format_characters.end(),
                     [character](Range range) { return character >= range.first && character <= range.last; });
}

std::size_t length_by(unsigned char first) {
  if (first < 0xc0) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

char32_t code_point(std::string_view sequence) {
  auto const first = static_cast<unsigned char>(sequence.front());
  char32_t value = sequence.size() == 1 ? first : first & (0x7fU >> sequence.size());
  for (char const c : sequence.substr(1)) value = value << 6 | (static_cast<unsigned char>(c) & 0x3fU);
  return value;
}

}  // namespace

std::string with_escaped_format_characters(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto const sequence = text.substr(0, length_by(static_cast<unsigned char>(text.front())));
    if (is_format_character(code_point(sequence))) {
      for (char const c : sequence) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  return out;
}

}  // namespace ambassador::admin
