#include "wire/proxy_protocol.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace ambassador::wire {
namespace {

using State = ProxyHeaderRead::State;

constexpr std::string_view line_start = "PROXY ";
constexpr std::string_view crlf = "\r\n";
constexpr std::string_view signature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t head_bytes = 16;  // of version 2: signature, command, family, length

constexpr unsigned version = 2;
constexpr unsigned command_local = 0;
constexpr unsigned command_proxy = 1;
constexpr unsigned family_v4 = 1;
constexpr unsigned family_v6 = 2;
constexpr unsigned family_unix = 3;
constexpr unsigned protocol_stream = 1;
constexpr unsigned protocol_datagram = 2;
constexpr std::size_t unix_bytes = 216;  // of both ends

ProxyHeaderRead malformed(std::string_view why) { return {State::malformed, {}, 0, why}; }

ProxyHeaderRead complete(std::optional<ProxiedConnection> const& connection, std::size_t size) {
  return {State::complete, connection, size, {}};
}

bool begins_alike(std::string_view bytes, std::string_view wanted) noexcept {
  auto const size = std::min(bytes.size(), wanted.size());
  return bytes.substr(0, size) == wanted.substr(0, size);
}

// Version 1.

/// Up to the next blank, which goes too.
std::string_view take_word(std::string_view& line) noexcept {
  auto const end = std::min(line.find(' '), line.size());
  auto const word = line.substr(0, end);
  line.remove_prefix(std::min(line.size(), end + 1));
  return word;
}

std::optional<IpAddress> read_address(std::string_view text, bool v6) {
  bool const looks_v6 = text.find(':') != std::string_view::npos;
  if (looks_v6 != v6 || text.starts_with('[')) return std::nullopt;
  return parse_ip_address(text);
}

std::optional<std::uint16_t> read_port(std::string_view text) noexcept {
  if (text.size() > 5 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  auto const value = parse_decimal(text);
  return value && *value <= UINT16_MAX ? std::optional{static_cast<std::uint16_t>(*value)} : std::nullopt;
}

/// `line` is what follows the family, `size` the whole line's.
ProxyHeaderRead read_ends(std::string_view line, bool v6, std::size_t size) {
  auto const blanks = std::count(line.begin(), line.end(), ' ');
  if (blanks != 3) return malformed("a PROXY line does not hold two addresses and two ports");
  auto const source = read_address(take_word(line), v6);
  auto const destination = read_address(take_word(line), v6);
  if (!source || !destination) return malformed("an address of the PROXY line is not one of its family");
  auto const source_port = read_port(take_word(line));
  auto const destination_port = read_port(take_word(line));
  if (!source_port || !destination_port) return malformed("a port of the PROXY line is not a plain number up to 65535");
  return complete(ProxiedConnection{{*source, *source_port}, {*destination, *destination_port}}, size);
}

ProxyHeaderRead read_line(std::string_view bytes) {
  auto const window = bytes.substr(0, max_proxy_line);
  auto const end = window.find_first_of(crlf);
  bool const ends = end != std::string_view::npos && window.substr(end).starts_with(crlf);
  if (!ends) {
    bool const may_end = end == std::string_view::npos || window.substr(end) == "\r";
    if (may_end && bytes.size() < max_proxy_line) return {};
    return malformed(may_end ? "the PROXY line is longer than 107 bytes" : "the PROXY line does not end in CRLF");
  }
  auto line = window.substr(line_start.size(), end - line_start.size());
  auto const size = end + crlf.size();
  auto const family = take_word(line);
  if (family == "UNKNOWN") return complete({}, size);  // whatever follows is to be ignored
  if (family != "TCP4" && family != "TCP6") return malformed("the PROXY line is for no family that we know");
  return read_ends(line, family == "TCP6", size);
}

// Version 2.

unsigned number_at(std::string_view bytes, std::size_t at, std::size_t size) noexcept {
  unsigned value = 0;
  for (char const c : bytes.substr(at, size)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

constexpr std::size_t address_bytes(unsigned family) noexcept { return family == family_v4 ? 4 : 16; }

IpAddress address_at(std::string_view block, std::size_t at, unsigned family) noexcept {
  if (family == family_v4) return IpAddress::v4(number_at(block, at, 4));
  IpAddress address;
  for (std::size_t i = 0; i < address.bytes.size(); ++i) address.bytes[i] = static_cast<std::uint8_t>(block[at + i]);
  return address;
}

/// `block` begins with the addresses, and is long enough for them.
ProxiedConnection connection_at(std::string_view block, unsigned family) noexcept {
  auto const size = address_bytes(family);
  auto const port = [&](std::size_t i) { return static_cast<std::uint16_t>(number_at(block, 2 * size + 2 * i, 2)); };
  return {{address_at(block, 0, family), port(0)}, {address_at(block, size, family), port(1)}};
}

constexpr std::size_t wanted_bytes(unsigned family) noexcept {
  if (family == family_v4 || family == family_v6) return 2 * address_bytes(family) + 4;
  return family == family_unix ? unix_bytes : 0;
}

ProxyHeaderRead read_binary(std::string_view bytes) {
  if (bytes.size() < head_bytes) return {};
  auto const command = number_at(bytes, 12, 1);
  auto const family = number_at(bytes, 13, 1) >> 4;
  auto const protocol = number_at(bytes, 13, 1) & 0xf;
  auto const length = number_at(bytes, 14, 2);
  if (command >> 4 != version) return malformed("the PROXY header is of another version than 2");
  bool const local = (command & 0xf) == command_local;
  if (!local && (command & 0xf) != command_proxy) return malformed("the PROXY header's command is neither LOCAL nor PROXY");
  // Of LOCAL everything behind the command is to be skipped unseen.
  if (!local && (family > family_unix || protocol > protocol_datagram))
    return malformed("the PROXY header is for no family or protocol that there is");
  if (!local && length < wanted_bytes(family)) return malformed("the PROXY header is too short for its addresses");
  auto const size = head_bytes + length;
  if (size > max_proxy_header) return malformed("the PROXY header is longer than 4 KiB");
  if (bytes.size() < size) return {};
  bool const tcp = !local && protocol == protocol_stream && (family == family_v4 || family == family_v6);
  return complete(tcp ? std::optional{connection_at(bytes.substr(head_bytes), family)} : std::nullopt, size);
}

/// The family in which both ends can be written.
unsigned family_of(ProxiedConnection const& connection) noexcept {
  return connection.source.address.is_v4() && connection.destination.address.is_v4() ? family_v4 : family_v6;
}

void append_number(std::string& out, unsigned value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value & 0xff));
}

}  // namespace

ProxyHeaderRead read_proxy_header(std::string_view bytes) {
  if (begins_alike(bytes, line_start)) return read_line(bytes);
  if (begins_alike(bytes, signature)) return read_binary(bytes);
  return malformed("the connection does not begin with a PROXY header");
}

void append_proxy_line(std::string& out, ProxiedConnection const& connection) {
  bool const v6 = family_of(connection) == family_v6;
  auto const text = [&](IpAddress const& address) { return (v6 && address.is_v4() ? "::ffff:" : "") + to_string(address); };
  out.append(line_start).append(v6 ? "TCP6 " : "TCP4 ");
  out.append(text(connection.source.address)).append(" ").append(text(connection.destination.address)).append(" ");
  out.append(std::to_string(connection.source.port)).append(" ").append(std::to_string(connection.destination.port));
  out.append(crlf);
}

void append_proxy_header(std::string& out, ProxiedConnection const& connection) {
  auto const family = family_of(connection);
  out.append(signature);
  out.push_back(static_cast<char>(version << 4 | command_proxy));
  out.push_back(static_cast<char>(family << 4 | protocol_stream));
  append_number(out, static_cast<unsigned>(wanted_bytes(family)));
  for (auto const* end : {&connection.source, &connection.destination}) {
    auto const& bytes = end->address.bytes;
    out.append(bytes.end() - static_cast<std::ptrdiff_t>(address_bytes(family)), bytes.end());
  }
  append_number(out, connection.source.port);
  append_number(out, connection.destination.port);
}

}  // namespace ambassador::wire
