#include "session/tcp/server_name.hpp"

#include "base/bytes.hpp"
#include "base/ip_address.hpp"
#include "base/uri.hpp"
#include "wire/tls/client_hello.hpp"

#include <utility>

namespace ambassador::session {
namespace {

using observe::Reason;
using State = wire::tls::ClientHelloRead::State;

constexpr std::size_t max_shown_name = 128;

/// Passes TLS for the host, and other bytes if the port may carry them; else says what is wrong.
ServerNameCheck judge(wire::tls::ClientHelloRead const& read, std::string_view bytes, std::string_view host,
                      std::uint16_t port) {
  auto const refuse = [](Reason reason, std::string what) {
    return ServerNameCheck{net::Verdict::refuse, std::nullopt, reason, std::move(what)};
  };
  auto const& name = read.hello.server_name;
  if (read.state == State::complete) {
    bool const by_address = parse_ip_address(host).has_value();
    if (name ? *name == host : by_address) return {};
    auto const asked = name && !name->empty() ? escape(*name, max_shown_name) : std::string{"no name"};
    return refuse(Reason::sni_mismatch, "the TLS inside asks for " + asked + ", not for " + std::string{host});
  }
  if (bytes.empty()) return {};  // a connection opened in advance, and not used
  if (read.state == State::need_more) {
    return refuse(Reason::not_tls, "the TLS inside broke off, or was not there in time, before it said for whom it is");
  }
  if (read.state == State::not_tls && port != https_port) return {};
  return refuse(Reason::not_tls, read.state == State::malformed ? "the TLS inside is malformed: " + std::string{read.why}
                                                                : std::string{"no TLS in a tunnel to port 443"});
}

}  // namespace

ServerNameCheck check_server_name(std::string_view bytes, bool ended, std::string_view host, std::uint16_t port) {
  auto const read = wire::tls::read_client_hello(bytes);
  if (read.state == State::need_more && !ended) return {net::Verdict::need_more, std::nullopt, Reason::none, {}};
  auto check = judge(read, bytes, host, port);
  check.server_name = read.hello.server_name;
  return check;
}

}  // namespace ambassador::session
