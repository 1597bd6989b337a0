// A ClientHello is the same however it is cut, into what comes at once and into records; and what it gives is a host.
#include "base/uri.hpp"
#include "fuzz/promise.hpp"
#include "wire/first_bytes.hpp"
#include "wire/tls/client_hello.hpp"

#include <string>

namespace ambassador::fuzz {
namespace {

using wire::FirstBytes;
using wire::tls::ClientHelloRead;
using wire::tls::read_client_hello;
using State = ClientHelloRead::State;

bool same(ClientHelloRead const& a, ClientHelloRead const& b) {
  return a.state == b.state && a.why == b.why && a.hello.server_name == b.hello.server_name && a.hello.alpn == b.hello.alpn &&
         a.hello.encrypted == b.hello.encrypted;
}

void promise_host(std::string const& name) {
  Authority authority;
  promise(parse_authority(name, authority) == UriFault::none, "a name is accepted as a host");
  promise(authority == Authority{name, 0}, "a name is in the form in which hosts are compared");
}

void cut(std::string_view bytes, ClientHelloRead const& whole) {
  auto const step = bytes.size() / 64 + 1;
  for (std::size_t size = 0; size < bytes.size(); size += step) {
    auto const part = read_client_hello(bytes.substr(0, size));
    promise(part.state == State::need_more || same(part, whole), "what was decided stays decided");
  }
}

std::string record(std::string_view payload) {
  std::string out{"\x16\x03\x01"};
  out.push_back(static_cast<char>(payload.size() >> 8));
  out.push_back(static_cast<char>(payload.size() & 0xff));
  return out.append(payload);
}

/// The bytes as a message that is whole, in one record and in two.
void in_records(std::string_view body) {
  if (body.size() > 8 * 1024) return;
  std::string message{'\x01', '\0', static_cast<char>(body.size() >> 8), static_cast<char>(body.size() & 0xff)};
  message.append(body);
  auto const whole = read_client_hello(record(message));
  promise(whole.state == State::complete || whole.state == State::malformed, "a whole message is decided");
  auto const half = message.size() / 2;
  auto const two = record(message.substr(0, half)) + record(message.substr(half));
  promise(same(read_client_hello(two), whole), "a message is the same in two records");
  if (whole.hello.server_name && whole.state == State::complete) promise_host(*whole.hello.server_name);
}

void first_bytes(std::string_view bytes) {
  auto const is = wire::look_at_first_bytes(bytes);
  promise(is != FirstBytes::need_more || bytes.size() < wire::max_first_bytes, "so many bytes decide");
  for (std::size_t size = 0; size < bytes.size() && size <= wire::max_first_bytes; ++size) {
    auto const before = wire::look_at_first_bytes(bytes.substr(0, size));
    promise(before == FirstBytes::need_more || before == is, "what is spoken stays what it is");
  }
}

void read(std::string_view bytes) {
  auto const whole = read_client_hello(bytes);
  promise(whole.state != State::need_more || bytes.size() < wire::tls::max_client_hello, "so many bytes hold a ClientHello");
  promise((whole.state == State::malformed) == !whole.why.empty(), "what is malformed has a reason");
  if (whole.state == State::complete && whole.hello.server_name) promise_host(*whole.hello.server_name);
  bool const tls = wire::look_at_first_bytes(bytes) == FirstBytes::tls;
  promise(whole.state == State::need_more || tls == (whole.state != State::not_tls), "both say whether it is TLS");
  cut(bytes, whole);
  in_records(bytes);
  first_bytes(bytes);
}

}  // namespace
}  // namespace ambassador::fuzz

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  ambassador::fuzz::read({reinterpret_cast<char const*>(data), size});
  return 0;
}
