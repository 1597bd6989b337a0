#include "wire/first_bytes.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace ambassador::wire {
namespace {

constexpr std::string_view tls_handshake{"\x16\x03", 2};  // a record's type, and the major version of all of TLS

/// Whether `bytes` begins with `wanted`, upper or lower case, as far as it goes.
FirstBytes begins_with(std::string_view bytes, std::string_view wanted, FirstBytes then) noexcept {
  auto const size = std::min(bytes.size(), wanted.size());
  if (!iequals(bytes.substr(0, size), wanted.substr(0, size))) return FirstBytes::other;
  return size == wanted.size() ? then : FirstBytes::need_more;
}

FirstBytes look_at_target(std::string_view method, std::string_view target) noexcept {
  if (target.empty()) return FirstBytes::need_more;
  auto const c = target.front();
  if (c == '/' || c == '*') return FirstBytes::http;
  if (method == "CONNECT") return is_alpha(c) || is_digit(c) || c == '[' ? FirstBytes::http : FirstBytes::other;
  return begins_with(target, "http", FirstBytes::http);
}

FirstBytes look_at_request(std::string_view bytes) noexcept {
  auto const end = std::find_if_not(bytes.begin(), bytes.end(), is_token_char);
  auto const size = static_cast<std::size_t>(end - bytes.begin());
  if (size == bytes.size()) return FirstBytes::need_more;
  if (size == 0 || *end != ' ') return FirstBytes::other;
  return look_at_target(bytes.substr(0, size), bytes.substr(size + 1));
}

}  // namespace

FirstBytes look_at_first_bytes(std::string_view bytes) noexcept {
  bytes = bytes.substr(0, max_first_bytes);
  if (bytes.empty()) return FirstBytes::need_more;
  if (bytes.front() == tls_handshake.front()) return begins_with(bytes, tls_handshake, FirstBytes::tls);
  auto const found = look_at_request(bytes);
  return found == FirstBytes::need_more && bytes.size() == max_first_bytes ? FirstBytes::other : found;
}

}  // namespace ambassador::wire
