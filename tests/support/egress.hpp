// Settings and peers for proxies that do more than plain HTTP: what is allowed, tcp:// sources, TLS on either side, and a
// line between two of them that can be cut.
#pragma once

#include "support/certificates.hpp"
#include "support/proxy.hpp"

#include <atomic>

namespace ambassador::support {

/// An entry of `allow`; a host that is an address names itself, as in a file.
inline config::AllowRule allow(std::string const& host, std::uint16_t port, std::vector<std::string> const& addresses = {}) {
  config::AllowRule rule;
  rule.text = host + ':' + std::to_string(port);
  rule.host = host;
  rule.network = parse_ip_network(host);
  rule.ports = {port};
  for (auto const& address : addresses) rule.addresses.push_back(parse_ip_network(address).value());
  return rule;
}

/// Nothing is mapped, one destination is allowed.
inline config::Settings allowing(config::AllowRule rule) {
  config::Settings settings;
  settings.allow.push_back(std::move(rule));
  return settings;
}

inline config::Settings allowing(ScriptedUpstream const& upstream) { return allowing(allow("127.0.0.1", upstream.port())); }

/// The parent proxy at this port, without credentials.
inline config::Via by(ScriptedUpstream const& parent) {
  return {
      .text = "http://" + parent.authority(), .authority = {"127.0.0.1", parent.port()}, .credentials_file = {}, .where = {}};
}

/// Gives the mapping's target this scheme.
inline config::Mapping& target_of(config::Mapping& mapping, config::TargetScheme scheme) {
  mapping.targets.front().scheme = scheme;
  mapping.targets.front().text =
      std::string{config::name(scheme)} + "://" + mapping.targets.front().host_header + mapping.targets.front().path;
  return mapping;
}

/// `http://app/` goes by TLS to 127.0.0.1, whose certificate `ca` must have signed.
inline config::Settings https_to(std::uint16_t port, std::string const& ca) {
  auto settings = to(port);
  target_of(settings.map.front(), config::TargetScheme::https).tls.ca = ca;
  return settings;
}

/// The listener is that of a tcp:// source, whose connections go to 127.0.0.1.
inline config::Settings tcp_to(std::uint16_t port, config::TargetScheme scheme = config::TargetScheme::tcp) {
  config::Settings settings;
  auto& mapping = target_of(settings.map.emplace_back(support::mapping("localhost", "", "127.0.0.1", port)), scheme);
  mapping.source_text = "tcp://localhost:9";
  mapping.source.scheme = config::SourceScheme::tcp;
  mapping.source.port = 9;
  settings.listen.push_back(
      {.host = "127.0.0.1", .where = {}, .protocol = config::ListenProtocol::tcp, .mapping = 0, .tls = {}});
  return settings;
}

/// The same by TLS.
inline config::Settings tls_to(std::uint16_t port, std::string const& ca) {
  auto settings = tcp_to(port, config::TargetScheme::tls);
  settings.map.front().tls.ca = ca;
  return settings;
}

/// What the settings listen with, which is made where it is the default's.
inline config::ListenAddress& listener_of(config::Settings& settings) {
  if (settings.listen.empty()) settings.listen.push_back({.host = "127.0.0.1", .where = {}, .tls = {}});
  return settings.listen.front();
}

/// Its clients speak TLS.
inline config::Settings behind_tls(config::Settings settings, CertificateOnDisk const& certificate) {
  listener_of(settings).tls = config::ListenTls{.certificates = {{certificate.cert, certificate.key, {}}}, .client_ca = {}};
  return settings;
}

/// A port at which nobody listens.
inline std::uint16_t unused_port() {
  return ScriptedUpstream{[](Socket&, std::size_t) {}}.port();
}

/// Lines from their clients to a port. They carry bytes and ends both ways, until they are cut.
class Lines {
 public:
  /// `prefix` goes before what the client sends.
  explicit Lines(std::uint16_t port, std::string prefix = {}) : port_{port}, prefix_{std::move(prefix)} {}

  /// Both ends of every line see an end, and nothing of a close_notify.
  void cut() { cut_ = true; }
  /// Bytes that went to the client of each line; of those that have ended.
  [[nodiscard]] std::vector<std::size_t> bytes_down() const {
    std::lock_guard const lock{mutex_};
    return bytes_down_;
  }

  [[nodiscard]] ScriptedUpstream::Script script() {
    return [this](Socket& client, std::size_t) { carry(client); };
  }

  /// Carries what `client` has not said yet.
  void carry(Socket& client) {
    auto far = Socket::connect(port_);
    far.send(prefix_);
    while (!cut_ && (client.end() == End::open || far.end() == End::open)) {
      pass_on(client, far);
      pass_on(far, client);
    }
    if (client.end() == End::reset) far.reset();
    if (far.end() == End::reset) client.reset();
    std::lock_guard const lock{mutex_};
    bytes_down_.push_back(far.received().size());
  }

 private:
  static void pass_on(Socket& from, Socket& to) {
    if (from.end() != End::open) return;
    from.receive_until([](std::string_view bytes) { return !bytes.empty(); }, std::chrono::milliseconds{1});
    to.send(from.take(from.pending().size()));
    if (from.end() == End::closed) to.shutdown_send();
  }

  std::uint16_t port_;
  std::string prefix_;
  std::atomic<bool> cut_{false};
  mutable std::mutex mutex_;
  std::vector<std::size_t> bytes_down_;
};

}  // namespace ambassador::support
