#include "config/settings/via.hpp"

#include "base/bytes.hpp"
#include "config/keys/keys.hpp"
#include "config/settings/values.hpp"

#include <fmt/format.h>

namespace ambassador::config {
namespace {

constexpr char const* proxy_form = "write http://proxy.corp:3128";

/// Why the text is no proxy, or the parts of it that count, in `authority`. A text with user information is not shown:
/// it holds a password.
bool read_proxy_url(Node const& node, Authority& authority, Report& report) {
  UriParts parts;
  auto fault = split_uri(node.text, parts);
  if (fault == UriFault::none && !is_scheme(parts.scheme, TargetScheme::http)) {
    bool const hidden = parts.authority.find('@') != std::string_view::npos;
    report.error(node.where, node.path, "a parent proxy is spoken to over http://", hidden ? "" : node.text, proxy_form);
    return false;
  }
  if (fault == UriFault::none) fault = parse_authority(parts.authority, authority);
  if (fault == UriFault::userinfo) {
    report.error(node.where, node.path, "a parent proxy's URL cannot hold user information", "",
                 "put user:password into a file, and name it in credentials_file");
  } else if (fault != UriFault::none) {
    bool const hidden = node.text.find('@') != std::string::npos;
    report.error(node.where, node.path, fmt::format("not a parent proxy: {}", describe(fault)), hidden ? "" : node.text,
                 proxy_form);
  } else if (authority.port == 0) {
    refuse(report, node, "a parent proxy needs a port", fmt::format("write http://{}:3128", authority.host));
  } else if ((!parts.path.empty() && parts.path != "/") || parts.query) {
    refuse(report, node, "a parent proxy has no path", fmt::format("write http://{}", authority.text(0)));
  } else {
    return true;
  }
  return false;
}

}  // namespace

std::optional<Via> read_via(Node const& node, Report& report) {
  // A tool that reads YAML 1.1 writes `off` as `false`.
  bool const off = node.text == "off" || (node.text == "false" && !node.quoted);
  if (node.key->form == Form::proxy_or_off && node.kind == Node::Kind::scalar && off) return std::nullopt;
  auto const* const url = node.kind == Node::Kind::map ? node.find("url") : &node;
  Via via;
  if (auto const* const file = node.find("credentials_file")) via.credentials_file = read_text(*file, report).value_or("");
  if (url == nullptr || url->reported || !read_proxy_url(*url, via.authority, report)) return std::nullopt;
  via.text = url->text;
  via.where = url->where;
  return via;
}

}  // namespace ambassador::config
