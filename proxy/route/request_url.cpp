#include "route/request_url.hpp"

#include "base/bytes.hpp"

namespace ambassador::route {
namespace {

// Constants, so that the compiler can unroll the comparisons.
constexpr std::string_view http_name = config::name(Scheme::http);
constexpr std::string_view https_name = config::name(Scheme::https);

UrlFault fault_of(UriFault fault) { return fault == UriFault::none ? UrlFault{} : UrlFault{describe(fault)}; }

UrlFault read_path_and_query(std::string_view path, std::optional<std::string_view> query, RequestUrl& url) {
  url.path.clear();
  url.query.clear();
  url.has_query = query.has_value();
  if (auto const fault = normalise_path(path, url.path); fault != UriFault::none) return describe(fault);
  if (!query) return std::nullopt;
  url.query.assign(*query);
  return fault_of(check_query(*query));
}

UrlFault read_origin_form(std::string_view target, RequestUrl& url) {
  auto const question = target.find('?');
  auto const query = question == std::string_view::npos ? std::nullopt : std::optional{target.substr(question + 1)};
  return read_path_and_query(target.substr(0, question), query, url);
}

UrlFault read_absolute_form(std::string_view target, RequestUrl& url) {
  UriParts parts;
  if (auto const fault = split_uri(target, parts); fault != UriFault::none) return describe(fault);
  if (iequals(parts.scheme, http_name)) {
    url.scheme = Scheme::http;
  } else if (iequals(parts.scheme, https_name)) {
    url.scheme = Scheme::https;
  } else {
    return "the scheme is neither http nor https";
  }
  if (auto const fault = parse_authority(parts.authority, url.authority); fault != UriFault::none) return describe(fault);
  return read_path_and_query(parts.path, parts.query, url);
}

/// `scheme://authority` and nothing more.
bool has_no_path(std::string_view target) {
  auto const colon = target.find("://");
  return colon != std::string_view::npos && target.find_first_of("/?", colon + 3) == std::string_view::npos;
}

UrlFault read_authority_form(std::string_view target, RequestUrl& url) {
  url.path.clear();
  url.query.clear();
  url.has_query = false;
  if (auto const fault = parse_authority(target, url.authority); fault != UriFault::none) return describe(fault);
  if (url.authority.port == 0) return "CONNECT needs host:port";
  return std::nullopt;
}

UrlFault read_host(wire::http::RequestHead const& head, RequestUrl& url) {
  if (!head.has_host) return "no Host, and the target names none";
  if (auto const fault = parse_authority(head.host, url.authority); fault != UriFault::none)
    return "the Host is not host[:port]";
  return std::nullopt;
}

/// An empty Host is right where the target has no authority; ours always has one (RFC 9112 section 3.2).
UrlFault judge_host_beside_authority(wire::http::RequestHead const& head) {
  if (!head.has_host) return std::nullopt;
  Authority ignored;
  return parse_authority(head.host, ignored) == UriFault::none ? UrlFault{} : UrlFault{"the Host is not host[:port]"};
}

bool same_authority(Authority const& a, Authority const& b) {
  return a.host == b.host && a.port_or(http_port) == b.port_or(http_port);
}

}  // namespace

void RequestUrl::append_text(std::string& out) const {
  if (form == TargetForm::authority) {
    out.append(authority.host).append(":").append(std::to_string(authority.port));
    return;
  }
  out.append(config::uri_prefix(scheme)).append(authority.host);
  if (authority.port != 0 && authority.port != config::default_port(scheme))
    out.append(":").append(std::to_string(authority.port));
  out.append(path);
  if (has_query) out.append("?").append(query);
}

UrlFault read_request_url(wire::http::RequestHead const& head, Arrival const& arrival, RequestUrl& url) {
  auto const* const tunnel = arrival.tunnel;
  url.scheme = arrival.tls ? Scheme::https : Scheme::http;
  url.whole_server = false;
  if (head.method == wire::http::Method::connect) {
    url.form = TargetForm::authority;
    if (tunnel != nullptr) return "CONNECT inside a tunnel";
    if (auto fault = judge_host_beside_authority(head)) return fault;
    return read_authority_form(head.target, url);
  }
  if (head.target.starts_with('/')) {
    url.form = TargetForm::origin;
    if (auto fault = read_host(head, url)) return fault;
    if (arrival.redirected_port != 0) {
      url.form = TargetForm::absolute;
      url.authority.port = url.authority.port_or(arrival.redirected_port);
    }
    if (tunnel != nullptr && !same_authority(*tunnel, url.authority)) return "the Host differs from the CONNECT target";
    return read_origin_form(head.target, url);
  }
  if (tunnel != nullptr) return "not an origin-form request inside a tunnel";
  if (head.target == "*") {
    url.form = TargetForm::asterisk;
    url.path.assign("/");
    url.query.clear();
    url.has_query = false;
    url.whole_server = true;
    if (head.method != wire::http::Method::options) return "the target * is for OPTIONS only";
    return read_host(head, url);
  }
  url.form = TargetForm::absolute;
  if (auto fault = judge_host_beside_authority(head)) return fault;
  url.whole_server = head.method == wire::http::Method::options && has_no_path(head.target);
  return read_absolute_form(head.target, url);
}

UrlFault read_typed_url(std::string_view method, std::string_view text, RequestUrl& url) {
  url.scheme = Scheme::http;
  if (method == "CONNECT") {
    url.form = TargetForm::authority;
    return read_authority_form(text, url);
  }
  url.form = TargetForm::absolute;
  return read_absolute_form(text, url);
}

}  // namespace ambassador::route
