#include "config/settings/mapping_uri.hpp"

#include "base/bytes.hpp"
#include "config/keys/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace ambassador::config {
namespace {

constexpr std::array source_schemes{SourceScheme::http, SourceScheme::tcp};
constexpr std::array target_schemes{TargetScheme::http, TargetScheme::https, TargetScheme::tcp, TargetScheme::tls};
constexpr std::size_t http_schemes = 2;  // of these, the first: all that a mirror may have
constexpr std::array<std::string_view, 5> later_schemes{"https", "tls", "postgres", "redis", "rediss"};
constexpr std::string_view later_prefix = "unix:";
constexpr std::string_view file_prefix = "file:";

std::string_view noun_of(Node const& node) { return node.key->form == Form::source ? "source" : "target"; }

std::string fault_text(Node const& node, UriFault fault) { return fmt::format("not a {}: {}", noun_of(node), describe(fault)); }

/// The one of `schemes` that has this name.
template <class Scheme>
std::optional<Scheme> find_scheme(Node const& node, std::string_view text, std::span<Scheme const> schemes, Report& report) {
  auto const wanted = lowered(text);
  auto const found = std::find_if(schemes.begin(), schemes.end(), [&](Scheme scheme) { return name(scheme) == wanted; });
  if (found != schemes.end()) return *found;
  if (std::find(later_schemes.begin(), later_schemes.end(), wanted) != later_schemes.end()) {
    refuse(report, node, fmt::format("a {} with {}:// is not in this version", noun_of(node), wanted));
    return std::nullopt;
  }
  std::string known;
  for (auto const scheme : schemes) {
    known += fmt::format("{}{}://", known.empty() ? "write " : scheme == schemes.back() ? " or " : ", ", name(scheme));
  }
  refuse(report, node, fmt::format("unknown scheme {}://", escape(text, 32)), known);
  return std::nullopt;
}

std::optional<UriParts> split(Node const& node, Report& report) {
  if (node.text.starts_with(later_prefix)) {
    refuse(report, node, fmt::format("a {} with {} is not in this version", noun_of(node), later_prefix));
    return std::nullopt;
  }
  UriParts parts;
  auto const fault = split_uri(node.text, parts);
  if (fault == UriFault::bad_scheme) {
    refuse(report, node, fault_text(node, fault), fmt::format("write http://{}", node.text));
  } else if (fault != UriFault::none) {
    refuse(report, node, fault_text(node, fault));
  } else {
    return parts;
  }
  return std::nullopt;
}

bool read_host(Node const& node, std::string_view text, Authority& authority, Report& report) {
  auto const fault = parse_authority(text, authority);
  if (fault == UriFault::none) return true;
  bool const star = fault == UriFault::bad_host && text.find('*') != std::string_view::npos;
  bool const source = node.key->form == Form::source;
  refuse(report, node, fault_text(node, fault),
         !star    ? ""
         : source ? "a * stands for a whole host, or for its first labels: http://*.example.com"
                  : "a target names one host");
  return false;
}

bool read_pattern(Node const& node, std::string_view text, SourcePattern& source, Report& report) {
  Authority authority;
  if (text == "*" || text.starts_with("*:")) {
    // The port is read with a host in place of the star.
    if (!read_host(node, fmt::format("any{}", text.substr(1)), authority, report)) return false;
    source.host_kind = HostKind::any;
    source.host = "*";
  } else if (text.starts_with("*.") && !text.substr(2).starts_with('[')) {
    if (!read_host(node, text.substr(2), authority, report)) return false;
    source.host_kind = HostKind::suffix;
    source.host = '.' + authority.host;
  } else {
    if (!read_host(node, text, authority, report)) return false;
    source.host = authority.host;
  }
  source.port_written = authority.port != 0;
  source.port = source.host_kind == HostKind::any ? authority.port : authority.port_or(http_port);
  return true;
}

bool read_path(Node const& node, std::string_view text, std::string& path, Report& report) {
  auto const fault = text.empty() ? UriFault::none : normalise_path(text, path);
  if (fault != UriFault::none) refuse(report, node, fault_text(node, fault));
  return fault == UriFault::none;
}

bool read_query(Node const& node, UriParts const& parts, MatchKind match, std::optional<std::string>& query, Report& report) {
  if (!parts.query) return true;
  if (auto const fault = check_query(*parts.query); fault != UriFault::none) {
    refuse(report, node, fault_text(node, fault));
    return false;
  }
  if (match != MatchKind::exact) {
    refuse(report, node, fmt::format("a {} with a query matches nothing but the whole URI", noun_of(node)), "add match: exact");
    return false;
  }
  query = std::string{*parts.query};
  return true;
}

/// Bytes have no path: what stands behind the authority is refused.
bool is_bare(Node const& node, UriParts const& parts, std::string_view scheme, Report& report) {
  if (parts.path.empty() && !parts.query) return true;
  refuse(report, node, fmt::format("a {} with {}:// has no path", noun_of(node), scheme),
         fmt::format("write {}://{}", scheme, parts.authority));
  return false;
}

/// `tcp://localhost:9092`: a port of this machine.
std::optional<SourcePattern> read_tcp_source(Node const& node, UriParts const& parts, Report& report) {
  SourcePattern source;
  source.scheme = SourceScheme::tcp;
  if (!read_pattern(node, parts.authority, source, report)) return std::nullopt;
  if (source.host_kind != HostKind::literal || !is_loopback_host(source.host)) {
    refuse(report, node, "a source with tcp:// is listened on, so that its host must be a loopback one",
           fmt::format("write tcp://localhost:{}", source.port_written ? source.port : 9092));
    return std::nullopt;
  }
  if (!source.port_written) {
    refuse(report, node, "a source with tcp:// needs a port", fmt::format("write tcp://{}:9092", source.host));
    return std::nullopt;
  }
  if (!is_bare(node, parts, "tcp", report)) return std::nullopt;
  return source;
}

/// Whether the authority's host was written with the dot that says it is complete.
bool ends_with_dot(std::string_view authority) { return authority.substr(0, authority.rfind(':')).ends_with('.'); }

/// What is left of an SRV name without its labels: `numbers.shop.svc` of `_http._tcp.numbers.shop.svc`.
std::string_view behind_labels(std::string_view host) {
  while (host.starts_with('_')) host.remove_prefix(std::min(host.find('.'), host.size() - 1) + 1);
  return host;
}

/// A host that is looked up as SRV: the ports come with the answer, and the labels are no part of the name.
bool read_srv(Node const& node, Target& target, Report& report) {
  auto const& host = target.authority.host;
  target.srv = true;
  target.host_header = behind_labels(host);
  if (target.authority.port != 0) {
    refuse(report, node, "a host that begins with _ is looked up as SRV, and SRV brings the ports",
           fmt::format("write {}://{}", name(target.scheme), host));
  } else if (target.host_header.empty()) {
    refuse(report, node, "a host that begins with _ is looked up as SRV, and no name stands behind its labels",
           "write http://_http._tcp.numbers.shop.svc");
  } else {
    return true;
  }
  return false;
}

/// The path and the query of a target, where its scheme has them, and a port, where its scheme has none of its own.
bool read_rest(Node const& node, UriParts const& parts, MatchKind match, Target& target, Report& report) {
  if (default_port(target.scheme) != 0) {
    return read_path(node, parts.path, target.path, report) && read_query(node, parts, match, target.query, report);
  }
  if (target.authority.port == 0 && !target.srv) {
    refuse(report, node, fmt::format("a target with {}:// needs a port", name(target.scheme)),
           fmt::format("write {}://{}:9092", name(target.scheme), target.authority.host));
    return false;
  }
  return is_bare(node, parts, name(target.scheme), report);
}

}  // namespace

std::optional<SourcePattern> read_source(Node const& node, MatchKind match, Report& report) {
  auto const parts = split(node, report);
  auto const scheme = parts ? find_scheme<SourceScheme>(node, parts->scheme, source_schemes, report) : std::nullopt;
  if (!scheme) return std::nullopt;
  if (*scheme == SourceScheme::tcp) return read_tcp_source(node, *parts, report);
  SourcePattern source;
  bool const host_fits = read_pattern(node, parts->authority, source, report);
  if (!host_fits || !read_path(node, parts->path, source.path, report)) return std::nullopt;
  if (!read_query(node, *parts, match, source.query, report)) return std::nullopt;
  // For a prefix `/api/` is `/api`; what is exact keeps its slash, but for the root, which is the empty path too.
  if (source.path.ends_with('/') && (match == MatchKind::prefix || source.path == "/")) source.path.pop_back();
  return source;
}

std::optional<Target> read_target(Node const& node, MatchKind match, Report& report) {
  if (node.text.starts_with(file_prefix)) {
    refuse(report, node, "a list of targets cannot be named here", "write http:// or https://");
    return std::nullopt;
  }
  auto const parts = split(node, report);
  bool const copies = node.key->form == Form::copies_to;
  auto const schemes = std::span{target_schemes}.first(copies ? http_schemes : target_schemes.size());
  auto const scheme = parts ? find_scheme<TargetScheme>(node, parts->scheme, schemes, report) : std::nullopt;
  if (!scheme) return std::nullopt;
  Target target;
  target.scheme = *scheme;
  if (!read_host(node, parts->authority, target.authority, report)) return std::nullopt;
  target.port = target.authority.port_or(default_port(target.scheme));
  target.host_header = target.authority.text(default_port(target.scheme));
  if (target.authority.host.starts_with('_') && !read_srv(node, target, report)) return std::nullopt;
  if (!read_rest(node, *parts, match, target, report)) return std::nullopt;
  target.text = node.text;
  target.fully_qualified = ends_with_dot(parts->authority);
  target.where = node.where;
  return target;
}

bool check_url(Node const& node, std::string_view url, Report& report) {
  UriParts parts;
  auto fault = split_uri(url, parts);
  Authority authority;
  if (fault == UriFault::none) fault = parse_authority(parts.authority, authority);
  std::string path;
  if (fault == UriFault::none) fault = normalise_path(parts.path, path);
  if (fault == UriFault::none && parts.query) fault = check_query(*parts.query);
  if (fault != UriFault::none) {
    refuse(report, node, fmt::format("not a URL: {}", describe(fault)));
    return false;
  }
  auto const scheme = lowered(parts.scheme);
  if (scheme == "http" || scheme == "https") return true;
  refuse(report, node, fmt::format("unknown scheme {}://", escape(parts.scheme, 32)), "write http:// or https://");
  return false;
}

bool check_authority(Node const& node, std::string_view text, Report& report) {
  Authority authority;
  auto const fault = parse_authority(text, authority);
  if (fault == UriFault::none && authority.port != 0) return true;
  refuse(report, node,
         fault == UriFault::none ? "a CONNECT needs a port" : fmt::format("not a host and a port: {}", describe(fault)),
         "a CONNECT names a host and a port: api.example.com:443");
  return false;
}

}  // namespace ambassador::config
