#include "kubernetes/secret_name.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <cstdint>

namespace ambassador::kubernetes {
namespace {

constexpr std::size_t max_subdomain = 253;
constexpr std::size_t max_label = 63;
constexpr std::size_t max_digits = 10;  // of a checksum

bool is_label(std::string_view label) {
  auto const good = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-'; };
  return !label.empty() && std::all_of(label.begin(), label.end(), good) && label.front() != '-' && label.back() != '-';
}

/// Adler-32, RFC 1950 section 8.2: templates of Helm have it, too.
std::uint32_t checksum(std::string_view text) {
  constexpr std::uint32_t prime = 65'521;
  std::uint32_t low = 1;
  std::uint32_t high = 0;
  for (char const c : text) {
    low = (low + static_cast<unsigned char>(c)) % prime;
    high = (high + low) % prime;
  }
  return high << 16U | low;
}

}  // namespace

bool is_secret_name(std::string_view name) {
  if (name.size() > max_subdomain) return false;
  for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    if (!is_label(name.substr(0, dot))) return false;
    name.remove_prefix(dot + 1);
  }
  return is_label(name);
}

std::string secret_volume(std::string_view name) {
  constexpr auto room = max_label - secret_volume_prefix.size();
  std::string const prefix{secret_volume_prefix};
  if (name.size() <= room && name.find('.') == std::string_view::npos) return prefix + std::string{name};
  std::string shortened{name.substr(0, room - 1 - max_digits)};
  std::replace(shortened.begin(), shortened.end(), '.', '-');
  if (shortened.ends_with('-')) shortened.pop_back();
  return prefix + shortened + '-' + std::to_string(checksum(name));
}

}  // namespace ambassador::kubernetes
