#include "app/files.hpp"

#include "base/bytes.hpp"

#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace ambassador::app {
namespace {

net::TlsClientOptions client_options(config::UpstreamTls const& tls, config::TargetScheme scheme) {
  net::TlsClientOptions options{.ca = tls.ca, .cert = tls.cert, .key = tls.key, .verify = tls.verify, .alpn = {}};
  if (auto const alpn = config::row_of(scheme).alpn; !alpn.empty()) options.alpn = {std::string{alpn}};
  return options;
}

net::TlsServerOptions server_options(config::ListenTls const& tls) {
  net::TlsServerOptions options{
      .certificates = {}, .client_ca = tls.client_ca, .client_required = tls.client_required, .alpn = {"http/1.1"}};
  for (auto const& pair : tls.certificates) options.certificates.push_back({pair.cert, pair.key});
  return options;
}

std::vector<std::string> files_of(config::UpstreamTls const& tls) {
  std::vector<std::string> files;
  for (auto const* file : {&tls.ca, &tls.cert, &tls.key}) {
    if (!file->empty()) files.push_back(*file);
  }
  return files;
}

std::vector<std::string> files_of(config::ListenTls const& tls) {
  std::vector<std::string> files;
  for (auto const& pair : tls.certificates) {
    files.push_back(pair.cert);
    files.push_back(pair.key);
  }
  if (!tls.client_ca.empty()) files.push_back(tls.client_ca);
  return files;
}

std::string basic(std::string_view user_and_password) {
  std::string out(4 * ((user_and_password.size() + 2) / 3) + 1, '\0');  // and the zero that is written behind it
  auto const* const bytes = reinterpret_cast<unsigned char const*>(user_and_password.data());
  out.resize(static_cast<std::size_t>(
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, static_cast<int>(user_and_password.size()))));
  return "Basic " + out;
}

/// The contents without the white space at their end, or what is wrong with them.
struct SecretText {
  std::string text;
  std::string fault;
};

SecretText read_secret(std::string const& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in) return {{}, "cannot be read: " + std::string{std::strerror(errno)}};
  SecretText secret;
  secret.text.resize(max_secret_bytes + 1);
  in.read(secret.text.data(), static_cast<std::streamsize>(secret.text.size()));
  secret.text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad()) return {{}, "cannot be read"};
  if (secret.text.size() > max_secret_bytes) return {{}, "is larger than " + std::to_string(max_secret_bytes) + " bytes"};
  secret.text.resize(secret.text.find_last_not_of(" \t\r\n") + 1);
  if (secret.text.empty()) return {{}, "is empty"};
  if (std::any_of(secret.text.begin(), secret.text.end(), is_control)) return {{}, "holds more than one line"};
  return secret;
}

config::Diagnostic fault_at(config::Location const& where, std::string message) {
  return {config::Severity::error, where, {}, std::move(message), {}, "is it mounted? `check --no-files` leaves files out"};
}

}  // namespace

FileNews::FileNews(observe::EventLog& events, prometheus::Registry& registry)
    : events_{events},
      family_{prometheus::BuildGauge()
                  .Name("ambassador_certificate_expiry_timestamp_seconds")
                  .Help("When the first certificate of a file ends.")
                  .Register(registry)} {}

void FileNews::read_again(std::vector<std::string> const& files) { events_.info("read again: {}", fmt::join(files, ", ")); }

void FileNews::failed(std::string_view fault, std::string_view kept) { events_.error("{}: {} in force", fault, kept); }

void FileNews::show_expiries(std::vector<net::Expiry> const& expiries) {
  for (auto const& expiry : expiries) {
    auto& gauge = shown_[expiry.file];
    if (gauge == nullptr) gauge = &family_.Add({{"file", expiry.file}});
    gauge->Set(std::chrono::duration<double>(expiry.not_after.time_since_epoch()).count());
  }
}

void FileNews::show_only(std::vector<net::Expiry> const& expiries) {
  std::erase_if(shown_, [&](auto const& shown) {
    bool const goes =
        std::none_of(expiries.begin(), expiries.end(), [&](net::Expiry const& one) { return one.file == shown.first; });
    if (goes) family_.Remove(shown.second);
    return goes;
  });
  show_expiries(expiries);
}

class ConfigFiles::Watched {
 public:
  Watched(net::FileWatch& watch, std::vector<std::string> files, std::function<void()> changed)
      : watch_{watch}, alive_{watch.alive()}, number_{watch.watch(std::move(files), std::move(changed))} {}
  ~Watched() {
    if (*alive_) watch_.forget(number_);
  }
  Watched(Watched const&) = delete;
  Watched& operator=(Watched const&) = delete;

 private:
  net::FileWatch& watch_;
  std::shared_ptr<bool const> alive_;
  std::uint64_t number_;
};

ConfigFiles::ConfigFiles(config::Settings const& settings, ConfigFiles const* previous) : previous_{previous} {
  for (auto const& address : settings.listen) {
    if (!address.tls) continue;
    auto& tls = server_of(*address.tls);
    tls.in_use = true;
    tls.where = address.tls->certificates.front().where;
  }
  for (auto const& mapping : settings.map) {
    auto const use_tls = [&](config::TargetScheme scheme) {
      if (!config::is_tls(scheme)) return;
      auto& tls = client_of(mapping.tls, scheme);
      tls.in_use = true;
      tls.where = mapping.tls.where.file.empty() ? mapping.where : mapping.tls.where;
    };
    // All targets of a source have one scheme.
    use_tls(mapping.targets.front().scheme);
    if (mapping.mirror) use_tls(mapping.mirror->target.scheme);
    if (mapping.credential) secret_of(*mapping.credential);
    if (mapping.via && !mapping.via->credentials_file.empty()) secret_of(*mapping.via);
  }
  if (settings.via && !settings.via->credentials_file.empty()) secret_of(*settings.via);
}

namespace {

/// The entry of this key in a list of pairs; null where there is none.
template <class Entries, class Key>
auto* find_entry(Entries& entries, Key const& key) {
  auto const found = std::find_if(entries.begin(), entries.end(), [&](auto const& entry) { return entry.first == key; });
  return found == entries.end() ? nullptr : &found->second;
}

}  // namespace

ConfigFiles::Tls& ConfigFiles::client_of(config::UpstreamTls const& tls, config::TargetScheme scheme) {
  ClientKey wanted{tls, scheme};
  wanted.tls.server_name.clear();  // it is the connection's, not the context's
  if (auto* const known = find_entry(clients_, wanted)) return *known;
  Tls made;
  if (auto const* const before = previous_ != nullptr ? find_entry(previous_->clients_, wanted) : nullptr) {
    made.source = before->source;
    made.watched = before->watched;
  } else {
    auto make = [options = client_options(wanted.tls, scheme)] { return net::make_tls_client(options); };
    made.source = std::make_shared<net::TlsSource>(files_of(wanted.tls), std::move(make));
  }
  return clients_.emplace_back(wanted, std::move(made)).second;
}

ConfigFiles::Tls& ConfigFiles::server_of(config::ListenTls const& tls) {
  if (auto* const known = find_entry(servers_, tls)) return *known;
  Tls made;
  if (auto const* const before = previous_ != nullptr ? find_entry(previous_->servers_, tls) : nullptr) {
    made.source = before->source;
    made.watched = before->watched;
  } else {
    auto make = [options = server_options(tls)] { return net::make_tls_server(options); };
    made.source = std::make_shared<net::TlsSource>(files_of(tls), std::move(make));
  }
  return servers_.emplace_back(tls, std::move(made)).second;
}

ConfigFiles::SecretUse& ConfigFiles::secret(std::string const& file, std::string const& prefix, SecretForm form,
                                            config::Location where) {
  auto const is_it = [&](SecretUse const& use) {
    return use.secret->file == file && use.secret->prefix == prefix && use.secret->form == form;
  };
  auto const known = std::find_if(secrets_.begin(), secrets_.end(), is_it);
  if (known != secrets_.end()) return *known;
  if (previous_ != nullptr) {
    auto const before = std::find_if(previous_->secrets_.begin(), previous_->secrets_.end(), is_it);
    if (before != previous_->secrets_.end()) {
      return secrets_.emplace_back(SecretUse{before->secret, before->watched, std::move(where)});
    }
  }
  auto made = std::make_shared<Secret>();
  made->file = file;
  made->prefix = prefix;
  made->form = form;
  return secrets_.emplace_back(SecretUse{std::move(made), nullptr, std::move(where)});
}

ConfigFiles::SecretUse& ConfigFiles::secret_of(config::Credential const& credential) {
  return secret(credential.file, credential.prefix, SecretForm::prefixed, credential.where);
}

ConfigFiles::SecretUse& ConfigFiles::secret_of(config::Via const& via) {
  return secret(via.credentials_file, {}, SecretForm::basic, via.where);
}

std::shared_ptr<net::Current<std::string> const> ConfigFiles::via_credentials(config::Via const& via) {
  auto const& secret = secret_of(via).secret;
  return {secret, &secret->value};
}

upstream::EgressTable::Files ConfigFiles::for_egress() {
  return {.tls = [this](config::UpstreamTls const& tls, config::TargetScheme scheme) { return client(tls, scheme); },
          .via_credentials = [this](config::Via const& via) { return via_credentials(via); }};
}

/// What is wrong with the file, or nothing: then it is in force.
std::optional<std::string> ConfigFiles::load(Secret& secret) {
  auto read = read_secret(secret.file);
  if (!read.fault.empty()) return secret.file + ' ' + read.fault;
  auto value = secret.form == SecretForm::basic ? basic(read.text) : secret.prefix + read.text;
  secret.value.set(std::make_shared<std::string const>(std::move(value)));
  return std::nullopt;
}

template <class Visit>
void ConfigFiles::for_each_in_use(Visit visit) {
  for (auto& [options, tls] : servers_) {
    if (tls.in_use) visit(tls);
  }
  for (auto& [options, tls] : clients_) {
    if (tls.in_use) visit(tls);
  }
}

std::vector<config::Diagnostic> ConfigFiles::load() {
  previous_ = nullptr;
  std::vector<config::Diagnostic> faults;
  for_each_in_use([&](Tls& tls) {
    if (tls.source->generation() != 0) return;
    if (auto fault = tls.source->load()) faults.push_back(fault_at(tls.where, std::move(fault->message)));
  });
  for (auto& use : secrets_) {
    if (use.secret->value.generation() != 0) continue;
    if (auto fault = load(*use.secret)) faults.push_back(fault_at(use.where, std::move(*fault)));
  }
  return faults;
}

void ConfigFiles::watch(net::FileWatch& watch, FileNews& news) {
  std::vector<net::Expiry> expiries;
  for_each_in_use([&](Tls& tls) {
    if (auto const context = tls.source->get()) {
      expiries.insert(expiries.end(), context->expiries().begin(), context->expiries().end());
    }
    if (tls.watched || tls.source->files().empty()) return;
    tls.watched =
        std::make_shared<Watched>(watch, tls.source->files(), [source = tls.source, &news] { read_again(*source, news); });
  });
  for (auto& use : secrets_) {
    if (use.watched) continue;
    use.watched = std::make_shared<Watched>(watch, std::vector{use.secret->file},
                                            [secret = use.secret, &news] { read_again(*secret, news); });
  }
  news.show_only(expiries);
}

void ConfigFiles::read_again(net::TlsSource& source, FileNews& news) {
  if (auto const fault = source.load()) return news.failed(fault->message, "the files from before stay");
  news.read_again(source.files());
  if (auto const context = source.get()) news.show_expiries(context->expiries());
}

void ConfigFiles::read_again(Secret& secret, FileNews& news) {
  if (auto const fault = load(secret)) return news.failed(*fault, "the secret from before stays");
  news.read_again({secret.file});
}

}  // namespace ambassador::app
