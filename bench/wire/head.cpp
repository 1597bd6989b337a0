#include "wire/head.hpp"

#include <charconv>

#include <strings.h>

namespace ambassador::bench {

namespace {

/// The value of the field `name`, when `line` is one.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) noexcept {
  if (line.size() <= name.size() || line[name.size()] != ':') return std::nullopt;
  if (::strncasecmp(line.data(), name.data(), name.size()) != 0) return std::nullopt;
  line.remove_prefix(name.size() + 1);
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  return line;
}

bool same_word(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() && ::strncasecmp(left.data(), right.data(), left.size()) == 0;
}

void read_field(std::string_view line, Head& head) noexcept {
  // Of all the lines of a head, nearly all end here: the bench must be cheap.
  char const first = static_cast<char>(line.front() | 0x20);
  if (first != 'c' && first != 't') return;
  if (auto const length = value_of(line, "content-length")) {
    std::from_chars(length->data(), length->data() + length->size(), head.length);
  } else if (auto const coding = value_of(line, "transfer-encoding")) {
    head.chunked = same_word(*coding, "chunked");
  } else if (auto const option = value_of(line, "connection")) {
    head.close = same_word(*option, "close");
  }
}

}  // namespace

std::optional<Head> read_head(std::string_view bytes) noexcept {
  Head head;
  for (std::size_t begin = 0;;) {
    auto const end = bytes.find("\r\n", begin);
    if (end == std::string_view::npos) return std::nullopt;
    auto const line = bytes.substr(begin, end - begin);
    begin = end + 2;
    if (head.start_line.data() == nullptr) {
      head.start_line = line;
    } else if (line.empty()) {
      head.size = begin;
      return head;
    } else {
      read_field(line, head);
    }
  }
}

std::string_view second_word(std::string_view start_line) noexcept {
  auto const begin = start_line.find(' ');
  if (begin == std::string_view::npos) return {};
  return start_line.substr(begin + 1, start_line.find(' ', begin + 1) - begin - 1);
}

}  // namespace ambassador::bench
