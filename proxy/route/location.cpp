#include "route/location.hpp"

#include "base/bytes.hpp"

namespace ambassador::route {
namespace {

/// What follows the target's path in `path`, or nothing where `path` lies outside of it.
std::optional<std::string_view> below(std::string_view path, std::string_view target) {
  if (target.ends_with('/')) target.remove_suffix(1);
  if (!path.starts_with(target)) return std::nullopt;
  path.remove_prefix(target.size());
  if (!path.empty() && std::string_view{"/?#"}.find(path.front()) == std::string_view::npos) return std::nullopt;
  return path;
}

}  // namespace

std::optional<std::string> map_back(std::string_view location, config::Mapping const& mapping, config::Target const& target,
                                    std::string_view client_origin) {
  bool const exact = mapping.match == config::MatchKind::exact;
  bool const network_path = location.starts_with("//");
  std::string_view path = location;
  bool const absolute = !location.starts_with('/');
  if (network_path) return std::nullopt;
  if (absolute) {
    UriParts parts;
    Authority authority;
    if (split_uri(location.substr(0, location.find('#')), parts) != UriFault::none || !is_scheme(parts.scheme, target.scheme))
      return std::nullopt;
    if (parse_authority(parts.authority, authority) != UriFault::none) return std::nullopt;
    if (authority.host != target.authority.host || authority.port_or(default_port(target.scheme)) != target.port)
      return std::nullopt;
    path = location.substr(parts.scheme.size() + 3 + parts.authority.size());
  }
  auto const rest = below(path, target.path);
  if (!rest || (exact && !rest->empty())) return std::nullopt;
  std::string mapped{absolute ? client_origin : std::string_view{}};
  mapped.append(mapping.source.path);
  // The root is `/`, also before a query or a fragment.
  if (mapping.source.path.empty() && !rest->starts_with('/')) mapped.push_back('/');
  return mapped.append(*rest);
}

}  // namespace ambassador::route
