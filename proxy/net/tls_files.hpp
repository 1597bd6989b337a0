// PEM files as OpenSSL's values, with faults that a person can act on.
#pragma once

#include "net/tls_context.hpp"

#include <openssl/x509.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::net {

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* value) const noexcept {
    free_function(value);
  }
};
using Certificate = std::unique_ptr<X509, Free<&X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Free<&EVP_PKEY_free>>;
using Store = std::unique_ptr<X509_STORE, Free<&X509_STORE_free>>;

template <class T>
using FromFile = boost::system::result<T, TlsFileFault>;

/// At least one, in the file's order. `what` begins the fault: "the certificate".
FromFile<std::vector<Certificate>> read_certificates(std::string const& path, std::string const& what);

FromFile<PrivateKey> read_private_key(std::string const& path);

Expiry earliest_expiry(std::string const& path, std::vector<Certificate> const& certificates);

/// The CAs of SSL_CERT_FILE, or else of the system. Read once; shared by all who ask.
FromFile<Store> system_store();

/// The DNS names that a certificate is for, lower-case: the alternative names, or else the common name.
std::vector<std::string> dns_names(X509 const& certificate);

/// `*.suffix` stands for one label, and only in front (RFC 6125 section 6.4.3).
bool covers(std::string_view pattern, std::string_view name) noexcept;

/// `CN=api,O=Corp`, escaped, at most 256 bytes.
std::string to_text(X509_NAME const* name);

/// `2026-11-22T06:34:54Z`
std::string to_text(ASN1_TIME const* time);

/// The reason of the first error that OpenSSL queued; the queue is empty after it.
std::string take_openssl_reason();

}  // namespace ambassador::net
