// Settings built by hand, and what the rules make of a request.
#pragma once

#include "route/decision.hpp"
#include "wire/http1/head_parser.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace ambassador::route {

inline constexpr std::uint16_t listener_port = 1080;

/// A mapping as the configuration's reader would have it, from `http://host[:port][/path][?query]` and a target.
inline config::Mapping mapping(std::string_view source, std::string_view target = "http://up",
                               config::MatchKind match = config::MatchKind::prefix) {
  config::Mapping out;
  out.source_text = source;
  out.match = match;
  UriParts parts;
  EXPECT_EQ(split_uri(source, parts), UriFault::none) << source;
  Authority authority;
  if (parts.authority.starts_with('*')) {
    bool const suffix = parts.authority.starts_with("*.");
    out.source.host_kind = suffix ? config::HostKind::suffix : config::HostKind::any;
    out.source.host = suffix ? parts.authority.substr(1) : "*";
    out.source.port = suffix ? 80 : 0;
  } else {
    EXPECT_EQ(parse_authority(parts.authority, authority), UriFault::none) << source;
    out.source.host = authority.host;
    out.source.port = authority.port_or(80);
    out.source.port_written = authority.port != 0;
  }
  out.source.path = parts.path;
  bool const exact = match == config::MatchKind::exact;
  if (out.source.path == "/" || (!exact && out.source.path.ends_with('/'))) out.source.path.pop_back();
  if (parts.query) out.source.query = *parts.query;
  EXPECT_EQ(split_uri(target, parts), UriFault::none) << target;
  auto& to = out.targets.emplace_back();
  EXPECT_EQ(parse_authority(parts.authority, to.authority), UriFault::none) << target;
  to.text = target;
  to.scheme = parts.scheme == "https" ? config::TargetScheme::https : config::TargetScheme::http;
  to.port = to.authority.port_or(default_port(to.scheme));
  to.host_header = to.authority.text(default_port(to.scheme));
  to.path = parts.path;
  if (parts.query) to.query = *parts.query;
  return out;
}

inline config::Mapping exact(std::string_view source, std::string_view target = "http://up") {
  return mapping(source, target, config::MatchKind::exact);
}

/// The same under conditions.
inline config::Mapping when(config::Mapping from, std::vector<std::string> methods,
                            std::vector<std::pair<std::string, std::string>> headers = {}) {
  from.when = {std::move(methods), std::move(headers)};
  return from;
}

inline config::AllowRule allowing(config::HostKind kind, std::string host, std::vector<std::uint16_t> ports) {
  config::AllowRule rule;
  rule.text = host;
  rule.host_kind = kind;
  rule.host = std::move(host);
  rule.ports = std::move(ports);
  return rule;
}

/// Settings with the rules over them; they stay where they are.
struct World {
  config::Settings settings;
  Rules rules;

  explicit World(config::Settings from) : settings{std::move(from)}, rules{settings} {}
  World(std::initializer_list<config::Mapping> map) : World{with_map(map)} {}
  World(World const&) = delete;
  World& operator=(World const&) = delete;

  static config::Settings with_map(std::initializer_list<config::Mapping> map) {
    config::Settings settings;
    settings.map = map;
    return settings;
  }
};

/// A request as it came in, read: its head, its URL.
struct Asked {
  std::string bytes;
  wire::http::FieldList fields;
  wire::http::RequestHead head;
  RequestUrl url;
  UrlFault fault;

  explicit Asked(std::string start, std::string const& field_lines = {}, Authority const* tunnel = nullptr)
      : Asked{std::move(start), "1.1", field_lines, tunnel} {}
  Asked(std::string start, std::string_view version, std::string const& field_lines, Authority const* tunnel)
      : bytes{start.append(" HTTP/").append(version).append("\r\n").append(field_lines).append("\r\n")} {
    EXPECT_FALSE(wire::http1::parse_request_head(bytes, {}, fields, head)) << bytes;
    fault = read_request_url(head, {.tunnel = tunnel}, url);
  }
  Asked(Asked const&) = delete;
  Asked& operator=(Asked const&) = delete;

  [[nodiscard]] std::string text() const {
    if (fault) return "400 " + std::string{*fault};
    std::string out;
    url.append_text(out);
    return out;
  }
};

/// `Host: HOST`, as a line.
inline std::string host(std::string_view name) { return "Host: " + std::string{name} + "\r\n"; }

inline Decision decide(World const& world, Asked const& asked, std::uint16_t port = listener_port) {
  EXPECT_FALSE(asked.fault) << asked.text();
  return world.rules.decide(asked.url, asked.head.method_text, asked.head.fields, port);
}

/// The URL that the call goes to, or `blocked`.
inline std::string goes_to(World const& world, Asked const& asked, std::uint16_t port = listener_port) {
  auto const decision = decide(world, asked, port);
  if (decision.verdict == Verdict::blocked) return "blocked";
  std::string url;
  append_target_url(url, decision, asked.url);
  return url;
}

/// The same of a GET in absolute form.
inline std::string get(World const& world, std::string const& url, std::string const& more_fields = {}) {
  return goes_to(world, Asked{"GET " + url, host("h") + more_fields});
}

}  // namespace ambassador::route
