// What a configuration takes from files: certificates, CAs and secrets. Read at start, looked at every second, read again
// when they change. Where that fails the old contents stay in force, and the log says why. What a reload does not change is
// taken over as it is, so that connections made with it stay usable.
#pragma once

#include "config/diagnostic.hpp"
#include "config/settings/settings.hpp"
#include "net/current.hpp"
#include "net/file_watch.hpp"
#include "net/tls_source.hpp"
#include "observe/event_log.hpp"
#include "upstream/egress.hpp"

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ambassador::app {

/// Bytes of a secret's file.
inline constexpr std::size_t max_secret_bytes = 16 * 1024;

/// What is said of files that are read again. Outlives the ConfigFiles.
class FileNews {
 public:
  FileNews(observe::EventLog& events, prometheus::Registry& registry);

  void read_again(std::vector<std::string> const& files);
  /// `kept` is what stays in force: "the files from before stay".
  void failed(std::string_view fault, std::string_view kept);
  void show_expiries(std::vector<net::Expiry> const& expiries);
  /// Those of other files are not shown any more.
  void show_only(std::vector<net::Expiry> const& expiries);

 private:
  observe::EventLog& events_;
  prometheus::Family<prometheus::Gauge>& family_;
  std::map<std::string, prometheus::Gauge*> shown_;  ///< by file
};

/// The files of one configuration. On the control thread; what it hands out may be used on any.
class ConfigFiles {
 public:
  /// Nothing is read yet. `previous`, which may be null, is not changed.
  explicit ConfigFiles(config::Settings const& settings, ConfigFiles const* previous = nullptr);

  /// Reads all that was not taken over; what is wrong with each file that cannot be used, in the settings' order.
  std::vector<config::Diagnostic> load();

  /// Looks at the files from here on, for as long as this, or one that takes them over, is there. The three outlive it.
  void watch(net::FileWatch& watch, FileNews& news);

  /// Of a target with TLS, https or tls. For one that no source has (an absolute https:// URL), read when it is first needed.
  [[nodiscard]] std::shared_ptr<net::TlsSource> client(config::UpstreamTls const& tls, config::TargetScheme scheme) {
    return client_of(tls, scheme).source;
  }
  [[nodiscard]] net::TlsSource& server(config::ListenTls const& tls) { return *server_of(tls).source; }
  /// The value of the field, prefix included; null before it was readable.
  [[nodiscard]] net::Current<std::string> const& credential(config::Credential const& credential) {
    return secret_of(credential).secret->value;
  }
  /// The value of Proxy-Authorization.
  [[nodiscard]] std::shared_ptr<net::Current<std::string> const> via_credentials(config::Via const& via);

  /// For an EgressTable; borrows this.
  [[nodiscard]] upstream::EgressTable::Files for_egress();

 private:
  enum class SecretForm : std::uint8_t { prefixed, basic };

  /// Forgotten by the watch when the last that holds it goes.
  class Watched;

  /// What tells one client's context from another's.
  struct ClientKey {
    config::UpstreamTls tls;
    config::TargetScheme scheme = config::TargetScheme::https;
    bool operator==(ClientKey const&) const = default;
  };

  struct Tls {
    std::shared_ptr<net::TlsSource> source;
    std::shared_ptr<Watched> watched = nullptr;
    config::Location where = {};
    bool in_use = false;  ///< by the settings: read at start, and watched
  };

  struct Secret {
    std::string file;
    std::string prefix;
    SecretForm form = SecretForm::prefixed;
    net::Current<std::string> value;
  };

  struct SecretUse {
    std::shared_ptr<Secret> secret;
    std::shared_ptr<Watched> watched;
    config::Location where;
  };

  [[nodiscard]] Tls& client_of(config::UpstreamTls const& tls, config::TargetScheme scheme);
  [[nodiscard]] Tls& server_of(config::ListenTls const& tls);
  SecretUse& secret(std::string const& file, std::string const& prefix, SecretForm form, config::Location where);
  SecretUse& secret_of(config::Credential const& credential);
  SecretUse& secret_of(config::Via const& via);
  [[nodiscard]] static std::optional<std::string> load(Secret& secret);
  static void read_again(net::TlsSource& source, FileNews& news);
  static void read_again(Secret& secret, FileNews& news);
  template <class Visit>
  void for_each_in_use(Visit visit);

  std::vector<std::pair<ClientKey, Tls>> clients_;
  std::vector<std::pair<config::ListenTls, Tls>> servers_;
  std::vector<SecretUse> secrets_;
  ConfigFiles const* previous_;  ///< until `load`
};

}  // namespace ambassador::app
