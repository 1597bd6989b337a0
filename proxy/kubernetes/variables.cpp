#include "kubernetes/variables.hpp"

#include "base/bytes.hpp"
#include "config/protocol.hpp"

#include <algorithm>

namespace ambassador::kubernetes {

Node const* variable_of(Node const& container, std::string_view name) {
  auto const* const variables = container.look("env");
  if (variables == nullptr) return nullptr;
  auto const is_it = [&](Node const& one) { return one.text_at({"name"}) == name; };
  auto const found = std::ranges::find_if(variables->children, is_it);
  return found == variables->children.end() ? nullptr : &*found;
}

bool passes_by(std::string_view no_proxy, std::string_view host) {
  bool found = false;
  for_each_list_element(no_proxy, [&](std::string_view entry) { found = found || entry == "*" || iequals(entry, host); });
  return found;
}

bool names_proxy(std::string_view value, std::string_view port) {
  constexpr auto http_prefix = config::uri_prefix(config::TargetScheme::http);
  if (value.starts_with(http_prefix)) value.remove_prefix(http_prefix.size());
  if (value.ends_with('/')) value.remove_suffix(1);
  auto const colon = value.rfind(':');
  if (colon == std::string_view::npos || value.substr(colon + 1) != port) return false;
  auto const host = value.substr(0, colon);
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

}  // namespace ambassador::kubernetes
