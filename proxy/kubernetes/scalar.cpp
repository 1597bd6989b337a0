#include "kubernetes/scalar.hpp"

#include "base/bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ambassador::kubernetes {
namespace {

/// Characters that YAML reads as a line's end, as nothing at all, or not at all: U+0080 to U+009F, U+2028, U+2029, U+FEFF.
/// Returns the bytes that the one at `at` takes, and its number; or 0 where it is none of these.
std::pair<std::size_t, unsigned> odd_character(std::string_view text, std::size_t at) {
  auto const byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U; };
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0x9F) return {2, byte(1)};
  if (byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9)) return {3, 0x2000 + byte(2) - 0x80};
  if (byte(0) == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF) return {3, 0xFEFF};
  return {0, 0};
}

bool is_word(std::string_view text) {
  constexpr std::array<std::string_view, 9> words{"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  return std::any_of(words.begin(), words.end(), [&](auto word) { return iequals(word, text); });
}

/// A quantity such as 10m or 64Mi: a text to every reader.
bool is_quantity(std::string_view text) {
  auto const unit = std::find_if_not(text.begin(), text.end(), is_digit);
  std::string_view const rest{unit, text.end()};
  return unit != text.begin() && (rest == "m" || rest == "Mi");
}

bool is_plain(std::string_view text) {
  if (text.empty()) return false;
  if (is_quantity(text)) return true;
  bool const begins_well = is_alpha(text.front()) || text.front() == '/';
  return begins_well && !is_word(text) && text.back() != ':' && std::all_of(text.begin(), text.end(), [](char c) {
           return is_alpha(c) || is_digit(c) || std::string_view{"/._-:"}.find(c) != std::string_view::npos;
         });
}

/// Whether a block scalar gives the text back, by every reader.
bool fits_block(std::string_view text) {
  auto const first = text.find_first_not_of('\n');
  if (first == std::string_view::npos || is_blank(text[first])) return false;
  auto const last = text.substr(0, text.find_last_not_of('\n') + 1);
  auto const last_line = last.substr(last.rfind('\n') + 1);
  if (trim(last_line).empty()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_control(text[i]) && text[i] != '\n' && text[i] != '\t') return false;
    if (odd_character(text, i).first != 0) return false;
  }
  return true;
}

}  // namespace

bool is_utf8(std::string_view text) {
  auto const byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  for (std::size_t i = 0; i < text.size();) {
    auto const lead = byte(i);
    // RFC 3629 section 4: what may follow a lead byte, so that there is one form of each character, and no surrogate.
    std::size_t const more = lead < 0x80                    ? 0
                             : lead >= 0xC2 && lead <= 0xDF ? 1
                             : lead >> 4 == 0xE             ? 2
                             : lead >= 0xF0 && lead <= 0xF4 ? 3
                                                            : 4;
    unsigned const least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned const most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (more == 4 || (more > 0 && (byte(i + 1) < least || byte(i + 1) > most))) return false;
    for (std::size_t next = 2; next <= more; ++next) {
      if (byte(i + next) >> 6 != 2) return false;
    }
    i += more + 1;
  }
  return true;
}

std::string quoted(std::string_view text) {
  std::string out{'"'};
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    auto const [bytes, number] = odd_character(text, i);
    if (bytes != 0) {
      out += fmt::format("\\u{:04x}", number);
      i += bytes - 1;
    } else if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n' || c == '\t' || c == '\r') {
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r";
    } else if (is_control(c)) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string scalar(std::string_view text) { return is_plain(text) ? std::string{text} : quoted(text); }

std::string block_scalar(std::string_view text, std::size_t column, std::string_view line_break) {
  if (!fits_block(text)) return quoted(text);
  std::string out{text.ends_with("\n\n") ? "|+" : text.ends_with('\n') ? "|" : "|-"};
  auto const lines = text.ends_with('\n') ? text.substr(0, text.size() - 1) : text;
  for (std::size_t begin = 0; begin <= lines.size();) {
    auto const end = std::min(lines.find('\n', begin), lines.size());
    out += line_break;
    if (end > begin) out.append(column, ' ').append(lines.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

}  // namespace ambassador::kubernetes
