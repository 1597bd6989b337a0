#include "app/config_files.hpp"

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
  if (scheme == config::TargetScheme::https) options.alpn = {"http/1.1"};  // what else is inside is not ours to say
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

ConfigFiles::ConfigFiles(config::Settings const& settings) : settings_{settings} {
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

ConfigFiles::Tls& ConfigFiles::client_of(config::UpstreamTls const& tls, config::TargetScheme scheme) {
  ClientKey wanted{tls, scheme};
  wanted.tls.server_name.clear();  // it is the connection's, not the context's
  auto known = std::find_if(clients_.begin(), clients_.end(), [&](auto const& entry) { return entry.first == wanted; });
  if (known == clients_.end()) {
    auto make = [options = client_options(wanted.tls, scheme)] { return net::make_tls_client(options); };
    clients_.emplace_back(wanted, Tls{std::make_unique<net::TlsSource>(files_of(wanted.tls), std::move(make))});
    known = std::prev(clients_.end());
  }
  return known->second;
}

ConfigFiles::Tls& ConfigFiles::server_of(config::ListenTls const& tls) {
  auto known = std::find_if(servers_.begin(), servers_.end(), [&](auto const& entry) { return entry.first == tls; });
  if (known == servers_.end()) {
    auto make = [options = server_options(tls)] { return net::make_tls_server(options); };
    servers_.emplace_back(tls, Tls{std::make_unique<net::TlsSource>(files_of(tls), std::move(make))});
    known = std::prev(servers_.end());
  }
  return known->second;
}

ConfigFiles::Secret& ConfigFiles::secret(std::string const& file, std::string const& prefix, SecretForm form,
                                         config::Location where) {
  auto const known = std::find_if(secrets_.begin(), secrets_.end(), [&](auto const& entry) {
    return entry->file == file && entry->prefix == prefix && entry->form == form;
  });
  if (known != secrets_.end()) return **known;
  auto made = std::make_unique<Secret>();
  made->file = file;
  made->prefix = prefix;
  made->form = form;
  made->where = std::move(where);
  secrets_.push_back(std::move(made));
  return *secrets_.back();
}

ConfigFiles::Secret& ConfigFiles::secret_of(config::Credential const& credential) {
  return secret(credential.file, credential.prefix, SecretForm::prefixed, credential.where);
}

ConfigFiles::Secret& ConfigFiles::secret_of(config::Via const& via) {
  return secret(via.credentials_file, {}, SecretForm::basic, via.where);
}

/// What is wrong with the file, or nothing: then it is in force.
std::optional<std::string> ConfigFiles::load(Secret& secret) {
  auto read = read_secret(secret.file);
  if (!read.fault.empty()) return secret.file + ' ' + read.fault;
  auto value = secret.form == SecretForm::basic ? basic(read.text) : secret.prefix + read.text;
  secret.value.set(std::make_shared<std::string const>(std::move(value)));
  return std::nullopt;
}

std::vector<config::Diagnostic> ConfigFiles::load() {
  std::vector<config::Diagnostic> faults;
  auto const load_tls = [&](Tls& tls) {
    if (!tls.in_use) return;
    if (auto fault = tls.files->load()) faults.push_back(fault_at(tls.where, std::move(fault->message)));
  };
  for (auto& [options, tls] : servers_) load_tls(tls);
  for (auto& [options, tls] : clients_) load_tls(tls);
  for (auto& secret : secrets_) {
    if (auto fault = load(*secret)) faults.push_back(fault_at(secret->where, std::move(*fault)));
  }
  return faults;
}

void ConfigFiles::watch(net::FileWatch& watch, observe::EventLog& events, prometheus::Registry& registry) {
  events_ = &events;
  expiries_ = &prometheus::BuildGauge()
                   .Name("ambassador_certificate_expiry_timestamp_seconds")
                   .Help("When the first certificate of a file ends.")
                   .Register(registry);
  auto const watch_tls = [&](Tls& tls) {
    if (tls.in_use && !tls.files->files().empty()) watch.watch(tls.files->files(), [this, &tls] { reload(tls); });
  };
  for (auto& [options, tls] : servers_) watch_tls(tls);
  for (auto& [options, tls] : clients_) watch_tls(tls);
  for (auto& secret : secrets_) {
    watch.watch({secret->file}, [this, &one = *secret] { reload(one); });
  }
  show_expiries();
}

void ConfigFiles::reload(Tls& tls) {
  if (auto const fault = tls.files->load()) {
    events_->error("{}: the files from before stay in force", fault->message);
    return;
  }
  events_->info("read again: {}", fmt::join(tls.files->files(), ", "));
  show_expiries();
}

void ConfigFiles::reload(Secret& secret) {
  if (auto const fault = load(secret)) {
    events_->error("{}: the secret from before stays in force", *fault);
  } else {
    events_->info("read again: {}", secret.file);
  }
}

void ConfigFiles::show_expiries() {
  auto const show = [&](Tls& tls) {
    auto const context = tls.in_use ? tls.files->get() : nullptr;
    if (!context) return;
    for (auto const& expiry : context->expiries()) {
      auto const seconds = std::chrono::duration<double>(expiry.not_after.time_since_epoch()).count();
      expiries_->Add({{"file", expiry.file}}).Set(seconds);
    }
  };
  for (auto& [options, tls] : servers_) show(tls);
  for (auto& [options, tls] : clients_) show(tls);
}

}  // namespace ambassador::app
