#include "config/settings/mapping_uri.hpp"

#include "base/bytes.hpp"
#include "config/keys/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

namespace ambassador::config {
namespace {

constexpr std::string_view later_prefix = "unix:";
constexpr std::string_view file_prefix = "file:";
constexpr std::uint16_t example_port = 9092;

std::string_view noun_of(Node const& node) { return node.key->form == Form::source ? "source" : "target"; }

std::string fault_text(Node const& node, UriFault fault) { return fmt::format("not a {}: {}", noun_of(node), describe(fault)); }

/// Reports a scheme that none of `known` is.
void refuse_scheme(Node const& node, std::string_view text, std::vector<std::string_view> const& known, Report& report) {
  if (is_later_scheme(text)) {
    refuse(report, node, fmt::format("a {} with {}:// is not in this version", noun_of(node), lowered(text)));
  } else {
    refuse(report, node, fmt::format("unknown scheme {}://", escape(text, 32)), "write " + in_words(known));
  }
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
  source.port = source.host_kind == HostKind::any ? authority.port : authority.port_or(row_of(source.scheme).default_port);
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
bool is_bare(Node const& node, UriParts const& parts, std::string_view prefix, Report& report) {
  if (parts.path.empty() && !parts.query) return true;
  refuse(report, node, fmt::format("a {} with {} has no path", noun_of(node), prefix),
         fmt::format("write {}{}", prefix, parts.authority));
  return false;
}

/// `tcp://localhost:9092`: a port of this machine.
std::optional<SourcePattern> read_listening_source(Node const& node, UriParts const& parts, ProtocolRow const& protocol,
                                                   Report& report) {
  SourcePattern source;
  source.scheme = protocol.scheme;
  if (!read_pattern(node, parts.authority, source, report)) return std::nullopt;
  if (source.host_kind != HostKind::literal || !is_loopback_host(source.host)) {
    refuse(report, node,
           fmt::format("a source with {} is listened on, so that its host must be a loopback one", protocol.prefix),
           fmt::format("write {}localhost:{}", protocol.prefix, source.port_written ? source.port : example_port));
    return std::nullopt;
  }
  if (source.port == 0) {
    refuse(report, node, fmt::format("a source with {} needs a port", protocol.prefix),
           fmt::format("write {}{}:{}", protocol.prefix, source.host, example_port));
    return std::nullopt;
  }
  if (!is_bare(node, parts, protocol.prefix, report)) return std::nullopt;
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
  if (protocol_to(target.scheme).has_path) {
    return read_path(node, parts.path, target.path, report) && read_query(node, parts, match, target.query, report);
  }
  if (target.port == 0 && !target.srv) {
    refuse(report, node, fmt::format("a target with {} needs a port", uri_prefix(target.scheme)),
           fmt::format("write {}{}:{}", uri_prefix(target.scheme), target.authority.host, example_port));
    return false;
  }
  return is_bare(node, parts, uri_prefix(target.scheme), report);
}

}  // namespace

std::optional<SourcePattern> read_source(Node const& node, MatchKind match, Report& report) {
  auto const parts = split(node, report);
  if (!parts) return std::nullopt;
  auto const* const protocol = find_protocol(parts->scheme);
  if (protocol == nullptr) {
    refuse_scheme(node, parts->scheme, source_prefixes(), report);
    return std::nullopt;
  }
  if (has_own_listener(protocol->scheme)) return read_listening_source(node, *parts, *protocol, report);
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
  if (!parts) return std::nullopt;
  bool const copies = node.key->form == Form::copies_to;
  auto const rows = copies ? row_of(SourceScheme::http).targets : std::span<TargetRow const>{target_rows};
  auto const* const row = find_target(rows, parts->scheme);
  if (row == nullptr) {
    refuse_scheme(node, parts->scheme, target_prefixes(rows), report);
    return std::nullopt;
  }
  Target target;
  target.scheme = row->scheme;
  if (!read_host(node, parts->authority, target.authority, report)) return std::nullopt;
  target.port = target.authority.port_or(row->default_port);
  target.host_header = target.authority.text(row->default_port);
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
  if (find_target(row_of(SourceScheme::http).targets, parts.scheme) != nullptr) return true;
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
