#include "route/yaml_text.hpp"

#include "base/bytes.hpp"
#include "base/ip_address.hpp"
#include "base/uri.hpp"

#include <algorithm>
#include <array>

namespace ambassador::route {
namespace {

constexpr std::array<std::string_view, 4> private_suffixes{".svc", ".cluster.local", ".local", ".internal"};

/// What a public name leads to is not private.
bool looks_private(std::string_view host) noexcept {
  if (parse_ip_address(host) || is_loopback_host(host)) return false;
  if (host.find('.') == std::string_view::npos) return true;
  return std::any_of(private_suffixes.begin(), private_suffixes.end(), [&](auto suffix) { return host.ends_with(suffix); });
}

}  // namespace

std::string_view writable(std::string_view path) {
  auto const odd = std::find_if(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  if (odd == path.end()) return path;
  auto const before = path.substr(0, static_cast<std::size_t>(odd - path.begin()));
  return before.substr(0, before.rfind('/'));
}

std::string yaml_text(std::string_view text) {
  bool const plain = !text.ends_with(':') && std::all_of(text.begin(), text.end(), [](char c) {
    return is_unreserved(c) || c == '/' || c == ':' || c == '%';
  });
  if (plain) return std::string{text};
  std::string quoted{'"'};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted.push_back('\\');
    if (text.substr(i).starts_with("${")) quoted.push_back('$');
    quoted.push_back(text[i]);
  }
  return quoted += '"';
}

std::string source_to_paste(std::string_view source) {
  return "  - source: " + yaml_text(source) + "\n    target: http://the-real-service\n";
}

std::string allow_to_paste(std::string_view host, std::string_view ports) {
  auto entry = '"' + std::string{host}.append(":").append(ports) + '"';
  if (looks_private(host)) entry = "{to: " + entry + ", addresses: [private]}";
  return "  - " + entry + '\n';
}

}  // namespace ambassador::route
