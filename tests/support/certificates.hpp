// Certificates for tests: authorities and what they sign, as PEM files in a directory that goes with the test.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <stdlib.h>

namespace ambassador::support {

class Directory {
 public:
  Directory() {
    auto name = (std::filesystem::temp_directory_path() / "ambassador-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
    path_ = name;
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(Directory const&) = delete;
  Directory& operator=(Directory const&) = delete;

  [[nodiscard]] std::string file(std::string const& name) const { return (path_ / name).string(); }
  std::string write(std::string const& name, std::string const& text) const {
    std::ofstream{file(name), std::ios::binary} << text;
    return file(name);
  }
  [[nodiscard]] static std::string read(std::string const& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

 private:
  std::filesystem::path path_;
};

enum class KeyKind : std::uint8_t { ecdsa, rsa };

struct CertificateWish {
  std::string subject = "localhost";                    ///< the common name
  std::string names = "DNS:localhost,IP:127.0.0.1";     ///< as OpenSSL's configuration writes them; empty: none
  std::chrono::seconds begins{-std::chrono::hours{1}};  ///< from now
  std::chrono::seconds ends{std::chrono::hours{24}};
  KeyKind key = KeyKind::ecdsa;
  bool authority = false;
};

/// Paths of PEM files.
struct CertificateOnDisk {
  std::string cert;
  std::string key;
};

class CertificateAuthority {
 public:
  /// Its own certificate is `<name>.crt` in the directory.
  CertificateAuthority(Directory const& directory, std::string const& name, KeyKind kind = KeyKind::ecdsa)
      : directory_{directory}, key_{new_key(kind)} {
    CertificateWish const wish{.subject = name, .names = "", .ends = std::chrono::hours{48}, .authority = true};
    certificate_ = make(wish, *key_, nullptr, *key_);
    file_ = store(name, *certificate_, *key_).cert;
  }

  [[nodiscard]] std::string const& file() const { return file_; }

  /// Writes `<file>.crt` and `<file>.key`.
  [[nodiscard]] CertificateOnDisk issue(std::string const& file, CertificateWish const& wish = {}) const {
    auto const key = new_key(wish.key);
    return store(file, *make(wish, *key, certificate_.get(), *key_), *key);
  }
  [[nodiscard]] static CertificateOnDisk self_signed(Directory const& directory, std::string const& file,
                                                     CertificateWish const& wish = {}) {
    auto const key = new_key(wish.key);
    return store(directory, file, *make(wish, *key, nullptr, *key), *key);
  }

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(FILE* file) const { std::fclose(file); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Free>;
  using Certificate = std::unique_ptr<X509, Free>;
  using File = std::unique_ptr<FILE, Free>;

  static Key new_key(KeyKind kind) { return Key{kind == KeyKind::rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256")}; }

  static void extend(X509& certificate, X509& issuer, int kind, std::string const& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
    auto* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    if (extension == nullptr) throw std::runtime_error{"extension " + value};
    X509_add_ext(&certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  static Certificate make(CertificateWish const& wish, EVP_PKEY& key, X509* issuer, EVP_PKEY& issuer_key) {
    static std::uint32_t serial = 1;
    Certificate made{X509_new()};
    auto& certificate = *made;
    X509_set_version(&certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(&certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(&certificate), static_cast<long>(wish.begins.count()));
    X509_gmtime_adj(X509_getm_notAfter(&certificate), static_cast<long>(wish.ends.count()));
    auto* const subject = X509_get_subject_name(&certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<unsigned char const*>(wish.subject.c_str()), -1,
                               -1, 0);
    X509_set_issuer_name(&certificate, issuer == nullptr ? subject : X509_get_subject_name(issuer));
    X509_set_pubkey(&certificate, &key);
    auto& by = issuer == nullptr ? certificate : *issuer;
    extend(certificate, by, NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "CA:FALSE");
    extend(certificate, by, NID_subject_key_identifier, "hash");
    if (!wish.names.empty()) extend(certificate, by, NID_subject_alt_name, wish.names);
    X509_sign(&certificate, &issuer_key, EVP_sha256());
    return made;
  }

  static CertificateOnDisk store(Directory const& directory, std::string const& name, X509& certificate, EVP_PKEY& key) {
    CertificateOnDisk const paths{directory.file(name + ".crt"), directory.file(name + ".key")};
    File const cert{std::fopen(paths.cert.c_str(), "w")};
    PEM_write_X509(cert.get(), &certificate);
    File const secret{std::fopen(paths.key.c_str(), "w")};
    PEM_write_PrivateKey(secret.get(), &key, nullptr, nullptr, 0, nullptr, nullptr);
    return paths;
  }
  [[nodiscard]] CertificateOnDisk store(std::string const& name, X509& certificate, EVP_PKEY& key) const {
    return store(directory_, name, certificate, key);
  }

  Directory const& directory_;
  Key key_;
  Certificate certificate_;
  std::string file_;
};

}  // namespace ambassador::support
