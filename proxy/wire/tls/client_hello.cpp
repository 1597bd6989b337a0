#include "wire/tls/client_hello.hpp"

#include "base/uri.hpp"

#include <algorithm>
#include <utility>

namespace ambassador::wire::tls {
namespace {

using State = ClientHelloRead::State;

constexpr std::uint8_t handshake_record = 22;  // RFC 8446 section 5.1
constexpr std::size_t record_head = 5;         // type, version, length
constexpr std::size_t max_record = 1 << 14;    // RFC 8446 section 5.1
constexpr std::uint8_t client_hello_type = 1;  // RFC 8446 section 4
constexpr std::size_t handshake_head = 4;      // type, length
constexpr std::size_t random_bytes = 32;       // RFC 8446 section 4.1.2
constexpr std::size_t max_session_id = 32;     // RFC 8446 section 4.1.2
constexpr std::uint8_t tls_major = 3;          // of every version of TLS
constexpr std::uint8_t host_name_type = 0;     // RFC 6066 section 3
constexpr std::size_t server_name_extension = 0;
constexpr std::size_t alpn_extension = 16;     // RFC 7301 section 3.1
constexpr std::size_t ech_extension = 0xfe0d;  // RFC 9849

/// Takes numbers and vectors (RFC 8446 section 3) from the front of bytes. Once something is missing, `ok()` is false for
/// good, and all that is taken is empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) noexcept : bytes_{bytes} {}

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

  std::string_view take(std::size_t size) noexcept {
    if (size > bytes_.size()) {
      ok_ = false;
      bytes_ = {};
      return {};
    }
    auto const taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  /// A number of so many bytes.
  std::size_t number(std::size_t size) noexcept {
    std::size_t value = 0;
    for (char const c : take(size)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }

  /// A vector whose length is a number of so many bytes.
  std::string_view vector(std::size_t size) noexcept { return take(number(size)); }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

ClientHelloRead malformed(std::string_view why) { return {State::malformed, {}, why}; }

/// What the client sent as a name, in the form in which hosts are compared; nothing where it is not a name.
std::optional<std::string> read_name(std::string_view text) {
  if (text.find_first_of(":[") != std::string_view::npos) return std::nullopt;
  Authority authority;
  if (parse_authority(text, authority) != UriFault::none) return std::nullopt;
  return std::move(authority.host);
}

// Each of these reads one extension, and answers what is wrong with it.

std::string_view read_server_name(std::string_view data, ClientHello& hello) {
  Reader extension{data};
  Reader names{extension.vector(2)};
  auto const type = names.number(1);
  auto const text = names.vector(2);
  if (!extension.ok() || !names.ok() || !extension.empty()) return "the server_name extension is cut short";
  if (type != host_name_type) return "the server_name is not a host_name";
  if (!names.empty()) return "there is more than one server_name";
  hello.server_name = read_name(text);
  return hello.server_name ? std::string_view{} : "the server_name is not a host name";
}

std::string_view read_alpn(std::string_view data, ClientHello& hello) {
  Reader extension{data};
  Reader protocols{extension.vector(2)};
  while (!protocols.empty()) {
    auto const protocol = protocols.vector(1);
    if (protocol.empty()) return "a protocol in the ALPN extension is empty or cut short";
    hello.alpn.emplace_back(protocol);
  }
  return extension.ok() && extension.empty() && !hello.alpn.empty() ? std::string_view{} : "the ALPN extension is malformed";
}

/// `data` is the list. Extensions that we do not read are not judged, GREASE (RFC 8701) among them.
std::string_view read_extensions(std::string_view data, ClientHello& hello) {
  bool seen_name = false;
  bool seen_alpn = false;
  Reader list{data};
  while (!list.empty()) {
    auto const type = list.number(2);
    auto const extension = list.vector(2);
    if (!list.ok()) return "an extension is cut short";
    std::string_view fault;
    if (type == server_name_extension) {
      fault = std::exchange(seen_name, true) ? "there is more than one server_name" : read_server_name(extension, hello);
    } else if (type == alpn_extension) {
      fault = std::exchange(seen_alpn, true) ? "there is more than one ALPN extension" : read_alpn(extension, hello);
    } else if (type == ech_extension) {
      hello.encrypted = true;
    }
    if (!fault.empty()) return fault;
  }
  return {};
}

/// `body` is the message without its head.
ClientHelloRead read_body(std::string_view body) {
  Reader reader{body};
  auto const major = reader.number(1);
  reader.take(1 + random_bytes);  // the minor version is what the client makes of it
  auto const session = reader.vector(1);
  auto const ciphers = reader.vector(2);
  auto const compressions = reader.vector(1);
  if (!reader.ok() || session.size() > max_session_id || compressions.empty()) return malformed("the ClientHello is cut short");
  if (major != tls_major) return malformed("the ClientHello is of no version of TLS");
  if (ciphers.empty() || ciphers.size() % 2 != 0) return malformed("the ClientHello's cipher suites are malformed");
  ClientHelloRead out{State::complete, {}, {}};
  if (reader.empty()) return out;  // TLS before 1.3 may have no extensions
  auto const extensions = reader.vector(2);
  if (!reader.ok() || !reader.empty()) return malformed("the ClientHello's extensions are cut short");
  auto const fault = read_extensions(extensions, out.hello);
  return fault.empty() ? out : malformed(fault);
}

/// Bytes of the message with its head; 0 while the head is not there.
std::size_t message_size(std::string_view message) noexcept {
  if (message.size() < handshake_head) return 0;
  return handshake_head + Reader{message.substr(1)}.number(handshake_head - 1);
}

std::string_view judge_message(std::string_view message) noexcept {
  if (!message.empty() && message.front() != client_hello_type) return "the first message is not a ClientHello";
  if (message_size(message) > max_client_hello) return "the ClientHello is too large";
  return {};
}

/// As far as the bytes go.
bool begins_like_tls(std::string_view bytes) noexcept {
  Reader reader{bytes};
  if (auto const type = reader.number(1); reader.ok() && type != handshake_record) return false;
  auto const major = reader.number(1);
  return !reader.ok() || major == tls_major;
}

}  // namespace

ClientHelloRead read_client_hello(std::string_view bytes) {
  if (!begins_like_tls(bytes)) return {State::not_tls, {}, {}};
  bool const full = bytes.size() >= max_client_hello;
  auto rest = bytes.substr(0, max_client_hello);
  std::string message;
  while (rest.size() >= record_head) {
    Reader head{rest.substr(0, record_head)};
    auto const type = head.number(1);
    auto const major = head.number(1);
    head.take(1);  // the minor version says nothing, RFC 8446 section 5.1
    auto const size = head.number(2);
    if (type != handshake_record || major != tls_major) return malformed("the ClientHello is interrupted by another record");
    if (size == 0 || size > max_record) return malformed("a record's length is out of bounds");
    auto const begin = message.size();
    message.append(rest.substr(record_head, size));
    if (auto const fault = judge_message(message); !fault.empty()) return malformed(fault);
    if (auto const wanted = message_size(message); wanted != 0) {
      if (wanted < begin + size) return malformed("the ClientHello does not end with its record");
      if (wanted == message.size()) return read_body(std::string_view{message}.substr(handshake_head));
    }
    rest.remove_prefix(std::min(rest.size(), record_head + size));
  }
  return full ? malformed("the ClientHello is too large") : ClientHelloRead{};
}

}  // namespace ambassador::wire::tls
