#include "kubernetes/secrets.hpp"

#include "base/bytes.hpp"
#include "kubernetes/secret_name.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace ambassador::kubernetes {
namespace {

bool is_secret_key(std::string_view name) {
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_under(std::string_view path, std::string_view directory) {
  return path == directory || (path.starts_with(directory) && path.substr(directory.size()).starts_with('/'));
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// The image's own.
constexpr std::string_view ca_bundle = "/etc/ssl/certs/ca-certificates.crt";

/// What is wrong with mounting a Secret there; nothing where it can be.
std::string_view unfit(std::string_view directory) {
  constexpr std::array<std::string_view, 16> system{"/bin",  "/boot", "/dev", "/etc",  "/home", "/lib", "/lib64", "/opt",
                                                    "/proc", "/root", "/run", "/sbin", "/sys",  "/tmp", "/usr",   "/var"};
  constexpr std::array<std::string_view, 4> mounted{"/proc", "/sys", "/dev", "/etc/ambassador"};
  auto const holds = [&](std::string_view one) { return is_under(directory, one); };
  if (std::find(system.begin(), system.end(), directory) != system.end()) return "a directory of the system";
  if (std::any_of(mounted.begin(), mounted.end(), holds)) return "no place for a Secret: something else is mounted there";
  auto const dotted = std::string{directory} + '/';
  bool const steps = dotted.find("/../") != std::string::npos || dotted.find("/./") != std::string::npos;
  if (!directory.starts_with('/') || steps) return "not an absolute path without `.` and `..`";
  if (directory.find(':') != std::string_view::npos) return "Kubernetes mounts nothing at a path with `:`";
  return {};
}

class SecretPlan {
 public:
  SecretPlan(std::vector<SecretDirectory> const& said, config::Report& report) : said_(said), report_(report) {
    for (auto one = said_.begin(); one != said_.end(); ++one) check(*one, {said_.begin(), one});
  }

  void file(std::string const& path, config::Location const& where) {
    if (path.empty() || path == ca_bundle) return;
    if (!path.starts_with('/')) {
      return report_.error(where, {}, "in the Pod this path leads nowhere", path,
                           "an absolute one, as /secrets/payments/token");
    }
    auto const directory = path.substr(0, path.rfind('/'));
    if (is_under(directory, "/etc/ambassador")) {
      return report_.error(where, {}, "only ambassador.yaml is in /etc/ambassador of the Pod", path,
                           "name it in a directory of its own, as /secrets/payments/token");
    }
    if (!is_secret_key(last_part(path))) {
      return report_.error(where, {}, "this cannot be a file of a Secret", path, "letters, digits, `-`, `_` and `.`");
    }
    if (auto const why = unfit(directory); !why.empty() && !directory.empty()) {
      return report_.error(where, {}, "the directory of this file is " + std::string{why}, path,
                           "name it in a directory of its own, as /secrets/payments/token");
    }
    if (auto* const secret = secret_of(directory, path, where)) add_file(*secret, std::string{last_part(path)});
  }

  void list_file(std::string const& path) {
    auto const known = std::any_of(said_.begin(), said_.end(), [&](auto const& one) { return is_under(path, one.directory); });
    if (known) return;
    report_.warning({}, {}, "the list of targets is a file of this machine: in the Pod it is not there", path,
                    "`--secret NAME=/dir` mounts one");
  }

  std::vector<Secret> take() {
    for (auto const& said : said_) {
      if (!known(said.directory)) secrets_.push_back({said.name, said.directory, {}});
    }
    for (auto const& secret : secrets_) {
      if (!is_under(ca_bundle, secret.directory)) continue;
      report_.warning({}, {}, "the Secret hides the image's own CA bundle", secret.directory,
                      "name its files in a directory of its own, unless it brings that bundle too");
    }
    return std::move(secrets_);
  }

 private:
  void check(SecretDirectory const& one, std::span<SecretDirectory const> before) {
    auto const fail = [&](std::string message, std::string hint) {
      report_.error({"flag --secret", 0, 0}, {}, std::move(message), one.name + '=' + one.directory, std::move(hint));
    };
    if (auto const why = unfit(one.directory); !why.empty()) fail(std::string{why}, "as api-keys=/secrets/payments");
    auto const same = [&](SecretDirectory const& other) { return other.directory == one.directory; };
    if (std::any_of(before.begin(), before.end(), same)) fail("this directory has a Secret already", "say one of the two");
  }

  Secret* known(std::string_view directory) {
    auto const found =
        std::find_if(secrets_.begin(), secrets_.end(), [&](Secret const& secret) { return secret.directory == directory; });
    return found == secrets_.end() ? nullptr : &*found;
  }

  Secret* secret_of(std::string const& directory, std::string const& path, config::Location const& where) {
    if (auto* const secret = known(directory)) return secret;
    auto const said = std::find_if(said_.begin(), said_.end(), [&](auto const& one) { return one.directory == directory; });
    auto const name = said == said_.end() ? std::string{last_part(directory)} : said->name;
    if (said == said_.end()) {
      if (auto const other = other_directory(name, directory); !other.empty()) {
        report_.error(where, {}, "this would be from the Secret " + name + " like what is in " + other, path,
                      "say which Secret it is from with --secret NAME=" + directory);
        return nullptr;
      }
    }
    if (is_secret_name(name) && !directory.empty()) return &secrets_.emplace_back(Secret{name, directory, {}});
    report_.error(where, {}, "no Secret can have the name of this file's directory", path,
                  directory.empty() ? "put it in a directory of its own" : "say which with --secret NAME=" + directory);
    return nullptr;
  }

  /// Where the Secret of this name is mounted besides; empty where nowhere.
  [[nodiscard]] std::string other_directory(std::string const& name, std::string const& directory) const {
    for (auto const& secret : secrets_) {
      if (secret.name == name) return secret.directory;
    }
    auto const is_it = [&](SecretDirectory const& one) { return one.name == name && one.directory != directory; };
    auto const found = std::find_if(said_.begin(), said_.end(), is_it);
    return found == said_.end() ? std::string{} : found->directory;
  }

  static void add_file(Secret& secret, std::string file) {
    if (std::find(secret.files.begin(), secret.files.end(), file) == secret.files.end())
      secret.files.push_back(std::move(file));
  }

  std::vector<SecretDirectory> const& said_;
  config::Report& report_;
  std::vector<Secret> secrets_;
};

}  // namespace

std::vector<Secret> plan_secrets(config::Settings const& settings, std::vector<SecretDirectory> const& said,
                                 config::Report& report) {
  SecretPlan plan{said, report};
  for (auto const& address : settings.listen) {
    if (!address.tls) continue;
    for (auto const& pair : address.tls->certificates) {
      plan.file(pair.cert, pair.where);
      plan.file(pair.key, pair.where);
    }
    plan.file(address.tls->client_ca, address.tls->certificates.front().where);
  }
  for (auto const& mapping : settings.map) {
    for (auto const* path : {&mapping.tls.ca, &mapping.tls.cert, &mapping.tls.key}) plan.file(*path, mapping.tls.where);
    if (mapping.credential) plan.file(mapping.credential->file, mapping.credential->where);
    if (mapping.via) plan.file(mapping.via->credentials_file, mapping.via->where);
  }
  if (settings.via) plan.file(settings.via->credentials_file, settings.via->where);
  for (auto const& path : settings.endpoint_files) plan.list_file(path);
  return plan.take();
}

}  // namespace ambassador::kubernetes
