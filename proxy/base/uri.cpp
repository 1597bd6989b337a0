#include "base/uri.hpp"

#include "base/bytes.hpp"
#include "base/ip_address.hpp"

#include <boost/url/ipv6_address.hpp>

#include <algorithm>

namespace ambassador {
namespace {

constexpr std::size_t max_host_bytes = 255;  // RFC 1035 section 2.3.4

bool is_host_char(char c) noexcept { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; }

/// Why a byte may not stand in an authority, where there is something better to say than "not a host".
UriFault judge_authority_bytes(std::string_view text) noexcept {
  for (char const c : text) {
    if (c == '@') return UriFault::userinfo;
    if (c == '\\') return UriFault::backslash;
    if (is_control(c) || c == ' ') return UriFault::control_byte;
    if (c == '#') return UriFault::fragment;
  }
  return UriFault::none;
}

UriFault read_port(std::string_view text, std::uint16_t& port) noexcept {
  port = 0;
  if (text.empty()) return UriFault::none;  // "host:" is "host", RFC 3986 section 3.2.3
  auto const value = text.size() <= 5 ? parse_decimal(text) : std::nullopt;
  if (!value || *value == 0 || *value > 65535) return UriFault::bad_port;
  port = static_cast<std::uint16_t>(*value);
  return UriFault::none;
}

/// `[` literal `]` in its one canonical spelling (RFC 5952), or nothing.
std::optional<std::string> canonical_ipv6(std::string_view literal) {
  auto const address = boost::urls::parse_ipv6_address(literal);
  if (!address) return std::nullopt;
  return '[' + address->to_string() + ']';
}

UriFault read_ipv6_host(std::string_view literal, Authority& out) {
  auto host = canonical_ipv6(literal);
  if (!host) return UriFault::bad_host;
  out.host = std::move(*host);
  return UriFault::none;
}

UriFault read_host_name(std::string_view host, Authority& out) {
  bool const complete = host.ends_with('.');
  auto const name = host.substr(0, host.size() - (complete ? 1 : 0));
  if (name.empty()) return complete || host.empty() ? UriFault::no_host : UriFault::bad_host;
  if (name.size() > max_host_bytes) return UriFault::bad_host;
  out.host.resize(name.size());
  bool at_label = true;        // a label begins here, which may not be empty
  bool number_begins = false;  // the label does so with a digit
  for (std::size_t i = 0; i < name.size(); ++i) {
    char const c = name[i];
    if (!is_host_char(c) || (at_label && c == '.')) return UriFault::bad_host;
    if (at_label) number_begins = is_digit(c);
    at_label = c == '.';
    out.host[i] = to_lower(c);
  }
  if (at_label) return UriFault::bad_host;
  if (number_begins && looks_like_ipv4(host) && !parse_ip_address(host)) return UriFault::number_host;
  return UriFault::none;
}

/// The path with only unreserved bytes decoded; `%` must be followed by two hex digits.
UriFault decode_unreserved(std::string_view path, std::string& out) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    char const c = path[i];
    if (c == '\\') return UriFault::backslash;
    if (c == '#') return UriFault::fragment;
    if (is_control(c) || c == ' ') return UriFault::control_byte;
    if (c != '%') {
      out.push_back(c);
      continue;
    }
    if (i + 2 >= path.size()) return UriFault::bad_percent;
    int const high = hex_value(path[i + 1]);
    int const low = hex_value(path[i + 2]);
    if (high < 0 || low < 0) return UriFault::bad_percent;
    auto const decoded = static_cast<char>(high * 16 + low);
    if (is_unreserved(decoded)) {
      out.push_back(decoded);
    } else {
      out.append(path.substr(i, 3));
    }
    i += 2;
  }
  return UriFault::none;
}

/// Whether `text` begins with the percent-encoded form of `/` or `\`.
bool begins_with_encoded_separator(std::string_view text) noexcept {
  if (text.size() < 3 || text[0] != '%') return false;
  int const byte = hex_value(text[1]) * 16 + hex_value(text[2]);
  return byte == '/' || byte == '\\';
}

/// The next run of `segment` up to an encoded separator, its parameters (`;…`) cut off; `segment` moves behind it.
std::string_view take_inner_segment(std::string_view& segment) noexcept {
  std::size_t end = 0;
  while (end < segment.size() && !begins_with_encoded_separator(segment.substr(end))) ++end;
  auto const inner = segment.substr(0, end);
  segment.remove_prefix(std::min(segment.size(), end + 3));
  return inner.substr(0, inner.find(';'));
}

/// A segment that some reader takes for `.` or `..`, though it is not written as one. `raw` is the segment as it came,
/// in which a decoded dot still shows.
bool hides_dot_segment(std::string_view raw) noexcept {
  if (raw == "." || raw == "..") return false;
  auto const is_dots = [](std::string_view text) {
    std::size_t dots = 0;
    while (!text.empty()) {
      if (text.front() == '.') {
        text.remove_prefix(1);
      } else if (text.size() >= 3 && text[0] == '%' && text[1] == '2' && to_lower(text[2]) == 'e') {
        text.remove_prefix(3);
      } else {
        return false;
      }
      ++dots;
    }
    return dots == 1 || dots == 2;
  };
  for (bool more = true; more;) {
    auto const before = raw.size();
    auto const inner = take_inner_segment(raw);
    more = before != raw.size() && !raw.empty();
    // An encoded ";" cuts parameters off for some readers as well.
    auto const encoded = std::min(inner.find("%3b"), inner.find("%3B"));
    if (is_dots(inner.substr(0, encoded))) return true;
  }
  return false;
}

UriFault refuse_hidden_dot_segments(std::string_view path) noexcept {
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    auto const end = std::min(path.find('/'), path.size());
    if (hides_dot_segment(path.substr(0, end))) return UriFault::hidden_dot_segment;
    path.remove_prefix(end);
  }
  return UriFault::none;
}

/// RFC 3986 section 5.2.4, in place on `text` from `start` on; a segment that leads above the root is a fault.
UriFault remove_dot_segments(std::string& text, std::size_t start) {
  std::size_t write = start;
  std::size_t read = start;
  while (read < text.size()) {
    auto const end = std::min(text.find('/', read + 1), text.size());
    auto const segment = std::string_view{text}.substr(read, end - read);
    bool const last = end == text.size();
    if (segment == "/.") {
      if (last) text[write++] = '/';
    } else if (segment == "/..") {
      if (write == start) return UriFault::above_root;
      write = text.rfind('/', write - 1);
      if (last) text[write++] = '/';
    } else {
      std::copy(text.begin() + static_cast<std::ptrdiff_t>(read), text.begin() + static_cast<std::ptrdiff_t>(end),
                text.begin() + static_cast<std::ptrdiff_t>(write));
      write += end - read;
    }
    read = end;
  }
  text.resize(write);
  return UriFault::none;
}

/// Most paths hold nothing that needs a second look: no `%`, no segment that begins with a dot, no odd byte.
bool is_plain(std::string_view path) noexcept {
  char previous = 0;
  for (char const c : path) {
    if (c == '%' || c == '\\' || c == '#' || c == ' ' || is_control(c) || (c == '.' && previous == '/')) return false;
    previous = c;
  }
  return true;
}

}  // namespace

std::string_view describe(UriFault fault) noexcept {
  switch (fault) {
    case UriFault::none: return "nothing is wrong";
    case UriFault::bad_scheme: return "it does not begin with a scheme such as http://";
    case UriFault::no_host: return "it names no host";
    case UriFault::bad_host: return "the host is not a name or an address";
    case UriFault::number_host:
      return "a host that ends in a number must be an IPv4 address in its plain form, such as 192.0.2.1";
    case UriFault::userinfo: return "it holds user information (user@host)";
    case UriFault::bad_port: return "the port is not a number from 1 to 65535";
    case UriFault::backslash: return "it holds a backslash";
    case UriFault::control_byte: return "it holds a blank or a control byte";
    case UriFault::fragment: return "it holds a fragment (#)";
    case UriFault::bad_percent: return "a % is not followed by two hex digits";
    case UriFault::hidden_dot_segment: return "it hides a dot segment (such as %2e%2e or ..;)";
    case UriFault::above_root: return "a dot segment leads above the root";
    case UriFault::not_absolute: return "the path does not begin with a slash";
  }
  return "unknown fault";
}

std::string Authority::text(std::uint16_t default_port) const {
  return port == 0 || port == default_port ? host : host + ':' + std::to_string(port);
}

UriFault parse_authority(std::string_view text, Authority& out) {
  if (text.empty()) return UriFault::no_host;
  if (auto const fault = judge_authority_bytes(text); fault != UriFault::none) return fault;
  bool const bracketed = text.front() == '[';
  auto const host_end = bracketed ? text.find(']') + 1 : std::min(text.find(':'), text.size());
  if (host_end == 0) return UriFault::bad_host;
  if (auto const rest = text.substr(host_end); !rest.empty()) {
    if (rest.front() != ':') return UriFault::bad_host;
    if (auto const fault = read_port(rest.substr(1), out.port); fault != UriFault::none) return fault;
  } else {
    out.port = 0;
  }
  return bracketed ? read_ipv6_host(text.substr(1, host_end - 2), out) : read_host_name(text.substr(0, host_end), out);
}

UriFault normalise_path(std::string_view path, std::string& out) {
  if (path.empty()) {
    out.push_back('/');
    return UriFault::none;
  }
  if (path.front() != '/') return UriFault::not_absolute;
  if (is_plain(path)) {
    out.append(path);
    return UriFault::none;
  }
  auto const start = out.size();
  if (auto const fault = decode_unreserved(path, out); fault != UriFault::none) return fault;
  if (auto const fault = refuse_hidden_dot_segments(path); fault != UriFault::none) return fault;
  return remove_dot_segments(out, start);
}

UriFault check_query(std::string_view query) noexcept {
  for (char const c : query) {
    if (c == '#') return UriFault::fragment;
    if (is_control(c) || c == ' ') return UriFault::control_byte;
  }
  return UriFault::none;
}

UriFault split_uri(std::string_view text, UriParts& out) noexcept {
  auto const colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0 || !is_alpha(text.front())) return UriFault::bad_scheme;
  out.scheme = text.substr(0, colon);
  if (!std::all_of(out.scheme.begin(), out.scheme.end(),
                   [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; })) {
    return UriFault::bad_scheme;
  }
  auto rest = text.substr(colon + 3);
  if (rest.find('#') != std::string_view::npos) return UriFault::fragment;
  auto const authority_end = std::min(rest.find_first_of("/?"), rest.size());
  out.authority = rest.substr(0, authority_end);
  rest.remove_prefix(authority_end);
  auto const question = rest.find('?');
  out.path = rest.substr(0, question);
  out.query = question == std::string_view::npos ? std::nullopt : std::optional{rest.substr(question + 1)};
  return out.authority.empty() ? UriFault::no_host : UriFault::none;
}

bool is_loopback_host(std::string_view host) noexcept {
  constexpr std::string_view suffix = ".localhost";  // RFC 6761 section 6.3
  if (host == "localhost" || host == "[::1]") return true;
  if (host.size() > suffix.size() && host.ends_with(suffix)) return true;
  if (!host.starts_with("127.")) return false;
  auto const dots = std::count(host.begin(), host.end(), '.');
  return dots == 3 && std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; });
}

}  // namespace ambassador
