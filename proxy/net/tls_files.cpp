#include "net/tls_files.hpp"

#include "base/bytes.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <system_error>

namespace ambassador::net {
namespace {

using MemoryBio = std::unique_ptr<BIO, Free<&BIO_free_all>>;
using Names = std::unique_ptr<GENERAL_NAMES, Free<&GENERAL_NAMES_free>>;

constexpr std::size_t longest_text = 256;
constexpr std::size_t largest_file = 16 * 1024 * 1024;  ///< bytes; bundles of CAs have some 200 KiB

/// Where distributions keep the bundle of CAs: Debian, Alpine; Fedora; openSUSE.
constexpr std::array system_bundles{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                    "/etc/ssl/ca-bundle.pem"};

FromFile<std::string> read_text(std::string const& path, std::string const& what) {
  std::string text;
  std::unique_ptr<std::FILE, Free<&std::fclose>> const file{std::fopen(path.c_str(), "rbe")};
  std::array<char, 16 * 1024> piece{};
  while (file && text.size() <= largest_file) {
    auto const bytes = std::fread(piece.data(), 1, piece.size(), file.get());
    if (bytes == 0) break;
    text.append(piece.data(), bytes);
  }
  if (!file || std::ferror(file.get()) != 0) {
    auto const reason = std::generic_category().message(errno);
    return TlsFileFault{what + ' ' + path + " cannot be read: " + reason + "; check the path, the mount and its permissions"};
  }
  if (text.size() > largest_file) return TlsFileFault{what + ' ' + path + " is too large for a PEM file"};
  return {boost::system::in_place_value, std::move(text)};
}

/// Instead of OpenSSL's, which asks at the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

MemoryBio bio_of(std::string const& text) { return MemoryBio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))}; }

std::string text_of(BIO& bio) {
  char* data = nullptr;
  auto const size = BIO_get_mem_data(&bio, &data);
  return {data, std::min(static_cast<std::size_t>(size), longest_text)};
}

bool looks_like_der(std::string const& text) { return text.size() > 1 && text[0] == '\x30' && text[1] == '\x82'; }

std::string bytes_of(ASN1_STRING const* text) {
  return {reinterpret_cast<char const*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::chrono::system_clock::time_point time_of(ASN1_TIME const* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

/// The file that the environment or the system has; empty: none.
std::string system_bundle() {
  if (auto const* const named = std::getenv("SSL_CERT_FILE"); named != nullptr && *named != '\0') return named;
  for (auto const* const path : system_bundles) {
    std::error_code unknown;
    if (std::filesystem::exists(path, unknown)) return path;
  }
  return {};
}

FromFile<Store> load_store(std::string const& bundle) {
  Store store{X509_STORE_new()};
  if (bundle.empty()) {
    // OpenSSL's own places: a directory is looked into when a CA is asked for.
    std::error_code unknown;
    auto const directory = std::filesystem::path{X509_get_default_cert_dir()};
    bool const something =
        std::filesystem::exists(X509_get_default_cert_file(), unknown) ||
        (std::filesystem::is_directory(directory, unknown) && !std::filesystem::is_empty(directory, unknown));
    if (!something || X509_STORE_set_default_paths(store.get()) != 1) {
      ERR_clear_error();
      return TlsFileFault{
          "there is no bundle of CAs to verify servers with: install ca-certificates, set SSL_CERT_FILE, or name a `ca`"};
    }
    return store;
  }
  auto const certificates = read_certificates(bundle, "the bundle of CAs");
  if (!certificates) return certificates.error();
  for (auto const& certificate : *certificates) X509_STORE_add_cert(store.get(), certificate.get());
  return store;
}

}  // namespace

std::string take_openssl_reason() {
  auto const code = ERR_peek_error();
  auto const* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "unknown reason" : reason;
}

FromFile<std::vector<Certificate>> read_certificates(std::string const& path, std::string const& what) {
  auto const text = read_text(path, what);
  if (!text) return text.error();
  std::vector<Certificate> found;
  auto const bio = bio_of(*text);
  while (auto* const certificate = PEM_read_bio_X509_AUX(bio.get(), nullptr, &no_passphrase, nullptr)) {
    found.emplace_back(certificate);
  }
  bool const at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  auto const reason = take_openssl_reason();
  if (!at_end) return TlsFileFault{what + ' ' + path + " is damaged: " + reason + "; is it whole?"};
  if (!found.empty()) return found;
  auto const hint = looks_like_der(*text) ? "it is DER: convert it with `openssl x509 -inform der`"
                                          : "PEM is expected: -----BEGIN CERTIFICATE-----";
  return TlsFileFault{what + ' ' + path + " holds no certificate; " + hint};
}

FromFile<PrivateKey> read_private_key(std::string const& path) {
  auto const text = read_text(path, "the key");
  if (!text) return text.error();
  auto const bio = bio_of(*text);
  PrivateKey key{PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr)};
  if (key) return key;
  ERR_clear_error();
  if (text->find("ENCRYPTED") != std::string::npos) {
    return TlsFileFault{"the key " + path + " has a passphrase; remove it: `openssl pkey -in … -out …`"};
  }
  return TlsFileFault{"the key " + path + " holds no private key; PEM is expected: -----BEGIN PRIVATE KEY-----"};
}

Expiry earliest_expiry(std::string const& path, std::vector<Certificate> const& certificates) {
  auto earliest = std::chrono::system_clock::time_point::max();
  for (auto const& certificate : certificates) earliest = std::min(earliest, time_of(X509_get0_notAfter(certificate.get())));
  return {path, earliest};
}

FromFile<Store> system_store() {
  static std::mutex mutex;
  static std::string loaded;
  static Store store;
  std::lock_guard const lock{mutex};
  auto const bundle = system_bundle();
  if (!store || loaded != bundle) {
    auto fresh = load_store(bundle);
    if (!fresh) return fresh.error();
    store = std::move(*fresh);
    loaded = bundle;
  }
  X509_STORE_up_ref(store.get());
  return Store{store.get()};
}

std::vector<std::string> dns_names(X509 const& certificate) {
  std::vector<std::string> found;
  Names const names{static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr))};
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    auto const* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) found.push_back(lowered(bytes_of(name->d.dNSName)));
  }
  if (!found.empty()) return found;
  auto const* const subject = X509_get_subject_name(&certificate);
  auto const at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) found.push_back(lowered(bytes_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)))));
  return found;
}

bool covers(std::string_view pattern, std::string_view name) noexcept {
  if (pattern == name) return true;
  auto const label = name.find('.');
  return pattern.starts_with("*.") && label != std::string_view::npos && label != 0 && pattern.substr(1) == name.substr(label);
}

std::string to_text(X509_NAME const* name) {
  MemoryBio const bio{BIO_new(BIO_s_mem())};
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  return text_of(*bio);
}

std::string to_text(ASN1_TIME const* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "?";
  std::array<char, sizeof "2026-11-22T06:34:54Z"> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace ambassador::net
