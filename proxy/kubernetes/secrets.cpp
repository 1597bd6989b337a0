#include "kubernetes/secrets.hpp"

#include "base/bytes.hpp"

#include <algorithm>

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

class SecretPlan {
 public:
  SecretPlan(std::vector<SecretDirectory> const& said, config::Report& report) : said_(said), report_(report) {}

  void file(std::string const& path, config::Location const& where) {
    if (path.empty() || is_under(path, "/etc/ssl")) return;  // the image has the usual bundle there
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
    return std::move(secrets_);
  }

 private:
  Secret* known(std::string_view directory) {
    auto const found =
        std::find_if(secrets_.begin(), secrets_.end(), [&](Secret const& secret) { return secret.directory == directory; });
    return found == secrets_.end() ? nullptr : &*found;
  }

  Secret* secret_of(std::string const& directory, std::string const& path, config::Location const& where) {
    if (auto* const secret = known(directory)) return secret;
    auto const said = std::find_if(said_.begin(), said_.end(), [&](auto const& one) { return one.directory == directory; });
    auto const name = said == said_.end() ? std::string{last_part(directory)} : said->name;
    if (is_secret_name(name) && !directory.empty()) return &secrets_.emplace_back(Secret{name, directory, {}});
    report_.error(where, {}, "no Secret can have the name of this file's directory", path,
                  directory.empty() ? "put it in a directory of its own" : "say which with --secret NAME=" + directory);
    return nullptr;
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

bool is_secret_name(std::string_view name) {
  constexpr std::size_t max_label = 63;
  auto const good = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-'; };
  return !name.empty() && name.size() <= max_label - secret_volume_prefix.size() &&
         std::all_of(name.begin(), name.end(), good) && name.front() != '-' && name.back() != '-';
}

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

std::string create_command(Secret const& secret, std::string const& space) {
  auto line = "kubectl create secret generic " + secret.name;
  if (!space.empty()) line += " --namespace " + space;
  for (auto const& file : secret.files) line += " --from-file=" + file;
  if (secret.files.empty()) line += " --from-file=FILE";
  return line;
}

}  // namespace ambassador::kubernetes
