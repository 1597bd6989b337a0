// What the configuration takes from files: certificates, CAs and secrets. Read at start, looked at every second, read again
// when they change. Where that fails the old contents stay in force, and the log says why.
#pragma once

#include "config/load.hpp"
#include "net/current.hpp"
#include "net/file_watch.hpp"
#include "net/tls_source.hpp"
#include "observe/event_log.hpp"

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ambassador::app {

/// Bytes of a secret's file.
inline constexpr std::size_t max_secret_bytes = 16 * 1024;

class ConfigFiles {
 public:
  /// Borrows the settings. Nothing is read yet.
  explicit ConfigFiles(config::Settings const& settings);

  /// Reads all; what is wrong with each file that cannot be used, as diagnostics in the settings' order.
  std::vector<config::Diagnostic> load();

  /// Looks at the files from here on, on the watch's thread.
  void watch(net::FileWatch& watch, observe::EventLog& events, prometheus::Registry& registry);

  /// Of a target with TLS, https or tls. For one that no source has (an absolute https:// URL), read when it is first needed.
  [[nodiscard]] net::TlsSource& client(config::UpstreamTls const& tls, config::TargetScheme scheme) {
    return *client_of(tls, scheme).files;
  }
  [[nodiscard]] net::TlsSource& server(config::ListenTls const& tls) { return *server_of(tls).files; }
  /// The value of the field, prefix included; null before it was readable.
  [[nodiscard]] net::Current<std::string> const& credential(config::Credential const& credential) {
    return secret_of(credential).value;
  }
  /// The value of Proxy-Authorization.
  [[nodiscard]] net::Current<std::string> const& via_credentials(config::Via const& via) { return secret_of(via).value; }

 private:
  enum class SecretForm : std::uint8_t { prefixed, basic };

  struct Tls {
    std::unique_ptr<net::TlsSource> files;
    config::Location where;
    bool in_use = false;  ///< by the settings: read at start, and watched
  };

  struct Secret {
    std::string file;
    std::string prefix;
    SecretForm form = SecretForm::prefixed;
    config::Location where;
    net::Current<std::string> value;
  };

  [[nodiscard]] Tls& client_of(config::UpstreamTls const& tls, config::TargetScheme scheme);
  [[nodiscard]] Tls& server_of(config::ListenTls const& tls);
  Secret& secret(std::string const& file, std::string const& prefix, SecretForm form, config::Location where);
  Secret& secret_of(config::Credential const& credential);
  Secret& secret_of(config::Via const& via);
  [[nodiscard]] static std::optional<std::string> load(Secret& secret);
  void reload(Tls& tls);
  void reload(Secret& secret);
  void show_expiries();

  config::Settings const& settings_;
  /// What tells one client's context from another's.
  struct ClientKey {
    config::UpstreamTls tls;
    config::TargetScheme scheme = config::TargetScheme::https;
    bool operator==(ClientKey const&) const = default;
  };

  std::deque<std::pair<ClientKey, Tls>> clients_;
  std::deque<std::pair<config::ListenTls, Tls>> servers_;
  std::vector<std::unique_ptr<Secret>> secrets_;
  observe::EventLog* events_ = nullptr;
  prometheus::Family<prometheus::Gauge>* expiries_ = nullptr;
};

}  // namespace ambassador::app
