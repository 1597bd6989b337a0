#include "net/tls_context.hpp"

#include "net/tls.hpp"
#include "net/tls_files.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <boost/throw_exception.hpp>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace ambassador::net {
namespace {

using SslContext = std::unique_ptr<SSL_CTX, Free<&SSL_CTX_free>>;
using Chain = std::vector<Certificate>;

/// Forward secrecy and, first, authenticated encryption; TLS 1.3's are OpenSSL's own. RFC 9325 section 4.2.
constexpr auto server_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL";
/// Sessions are resumed only where they were made for us.
constexpr std::string_view session_context = "ambassador";
/// Raw bytes read at once: two records of the greatest size.
constexpr std::size_t read_buffer_bytes = 2 * (SSL3_RT_MAX_ENCRYPTED_LENGTH + SSL3_RT_HEADER_LENGTH);
constexpr std::size_t longest_protocol = 255;

/// As the extension has it (RFC 7301 section 3.1): each behind its length.
std::string alpn_list(std::vector<std::string> const& protocols) {
  std::string list;
  for (auto const& protocol : protocols) {
    if (protocol.empty() || protocol.size() > longest_protocol) continue;
    list += static_cast<char>(protocol.size());
    list += protocol;
  }
  return list;
}

SslContext new_context(SSL_METHOD const* method) {
  SslContext context{SSL_CTX_new(method)};
  if (!context) throw std::bad_alloc{};
  auto* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  // An end without a close_notify is for Tls to see: OpenSSL would give up the session for it, and send an alert.
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_default_read_buffer_len(raw, read_buffer_bytes);
  return context;
}

/// Puts certificates of CAs into the context's own store.
FromFile<Expiry> trust_file(SSL_CTX& context, std::string const& path) {
  auto const certificates = read_certificates(path, "the CA");
  if (!certificates) return certificates.error();
  auto* const store = SSL_CTX_get_cert_store(&context);
  for (auto const& certificate : *certificates) X509_STORE_add_cert(store, certificate.get());
  // What a user names is trusted, though it may be an intermediate one.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  ERR_clear_error();
  return earliest_expiry(path, *certificates);
}

/// Gives the context a certificate with its chain, and its key.
FromFile<Chain> use_pair(SSL_CTX& context, std::string const& cert, std::string const& key) {
  auto chain = read_certificates(cert, "the certificate");
  if (!chain) return chain.error();
  auto const private_key = read_private_key(key);
  if (!private_key) return private_key.error();
  if (X509_check_private_key(chain->front().get(), private_key->get()) != 1) {
    ERR_clear_error();
    return TlsFileFault{"the key " + key + " does not belong to the certificate " + cert +
                        "; the file's first certificate must be the key's own"};
  }
  if (SSL_CTX_use_certificate(&context, chain->front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(&context, private_key->get()) != 1) {
    return TlsFileFault{"the certificate " + cert + " cannot be used: " + take_openssl_reason()};
  }
  for (auto certificate = chain->begin() + 1; certificate != chain->end(); ++certificate) {
    SSL_CTX_add1_chain_cert(&context, certificate->get());
  }
  return std::move(*chain);
}

}  // namespace

void throw_exception_from_error(TlsFileFault const& fault, boost::source_location const& where) {
  boost::throw_exception(std::runtime_error{fault.message}, where);
}

struct TlsContext::Parts {
  /// The certificate whose names fit an SNI.
  struct Named {
    std::vector<std::string> names;
    SslContext context;
  };

  SslContext context;
  bool verifies = true;
  std::vector<Expiry> expiries;
  // A server's:
  std::string alpn;                ///< as the extension has it
  std::vector<std::string> names;  ///< of the first certificate, which `context` has
  std::vector<Named> named;        ///< the others
};

TlsContext::TlsContext(std::unique_ptr<Parts> parts) noexcept : parts_{std::move(parts)} {}
TlsContext::~TlsContext() = default;
std::vector<Expiry> const& TlsContext::expiries() const noexcept { return parts_->expiries; }
ssl_ctx_st* TlsContext::handle() const noexcept { return parts_->context.get(); }
bool TlsContext::verifies() const noexcept { return parts_->verifies; }

/// Builds the two kinds of contexts, and answers what OpenSSL asks of a server's.
class TlsContextMaker {
 public:
  static MadeTlsContext client(TlsClientOptions const& options);
  static MadeTlsContext server(TlsServerOptions const& options);

 private:
  using Parts = TlsContext::Parts;

  static FromFile<void> add_certificates(Parts& parts, TlsServerOptions const& options);
  static FromFile<void> trust_clients(Parts& parts, TlsServerOptions const& options);
  static void finish_server(SSL_CTX& context, Parts& parts, TlsServerOptions const& options);
  static SSL_CTX* find(Parts const& parts, std::string_view name, bool wildcards);
  static int choose_certificate(SSL* ssl, int* alert, void* parts);
  static int choose_protocol(SSL* ssl, unsigned char const** chosen, unsigned char* size, unsigned char const* offered,
                             unsigned int offered_size, void* parts);
  static MadeTlsContext make(std::unique_ptr<Parts> parts) {
    return std::shared_ptr<TlsContext const>{new TlsContext{std::move(parts)}};
  }
};

MadeTlsContext TlsContextMaker::client(TlsClientOptions const& options) {
  auto parts = std::make_unique<Parts>();
  parts->context = new_context(TLS_client_method());
  auto& context = *parts->context;
  parts->verifies = options.verify;
  if (!options.cert.empty()) {
    auto const chain = use_pair(context, options.cert, options.key);
    if (!chain) return chain.error();
    parts->expiries.push_back(earliest_expiry(options.cert, *chain));
  }
  if (!options.ca.empty()) {
    auto expiry = trust_file(context, options.ca);
    if (!expiry) return expiry.error();
    parts->expiries.push_back(std::move(*expiry));
  } else if (options.verify) {
    auto store = system_store();
    if (!store) return store.error();
    SSL_CTX_set1_cert_store(&context, store->get());
  }
  SSL_CTX_set_verify(&context, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  auto const alpn = alpn_list(options.alpn);
  SSL_CTX_set_alpn_protos(&context, reinterpret_cast<unsigned char const*>(alpn.data()), static_cast<unsigned>(alpn.size()));
  Tls::attach(context);
  return make(std::move(parts));
}

MadeTlsContext TlsContextMaker::server(TlsServerOptions const& options) {
  auto parts = std::make_unique<Parts>();
  if (auto const added = add_certificates(*parts, options); !added) return added.error();
  if (!options.client_ca.empty()) {
    if (auto const trusted = trust_clients(*parts, options); !trusted) return trusted.error();
  }
  parts->verifies = !options.client_ca.empty();
  parts->alpn = alpn_list(options.alpn);
  finish_server(*parts->context, *parts, options);
  for (auto const& named : parts->named) finish_server(*named.context, *parts, options);
  SSL_CTX_set_tlsext_servername_callback(parts->context.get(), &TlsContextMaker::choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(parts->context.get(), parts.get());
  return make(std::move(parts));
}

FromFile<void> TlsContextMaker::add_certificates(Parts& parts, TlsServerOptions const& options) {
  if (options.certificates.empty()) return TlsFileFault{"TLS needs a certificate and its key; name both"};
  for (auto const& pair : options.certificates) {
    auto context = new_context(TLS_server_method());
    auto const chain = use_pair(*context, pair.cert, pair.key);
    if (!chain) return chain.error();
    parts.expiries.push_back(earliest_expiry(pair.cert, *chain));
    auto names = dns_names(*chain->front());
    if (parts.context) {
      parts.named.push_back({std::move(names), std::move(context)});
    } else {
      parts.names = std::move(names);
      parts.context = std::move(context);
    }
  }
  return {};
}

/// The CAs of clients, in one store for all contexts.
FromFile<void> TlsContextMaker::trust_clients(Parts& parts, TlsServerOptions const& options) {
  auto expiry = trust_file(*parts.context, options.client_ca);
  if (!expiry) return expiry.error();
  parts.expiries.push_back(std::move(*expiry));
  auto* const store = SSL_CTX_get_cert_store(parts.context.get());
  for (auto const& named : parts.named) SSL_CTX_set1_cert_store(named.context.get(), store);
  return {};
}

/// A handshake goes on with the context of the certificate that was chosen: what holds for one must hold for all.
void TlsContextMaker::finish_server(SSL_CTX& context, Parts& parts, TlsServerOptions const& options) {
  SSL_CTX_set_options(&context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_cipher_list(&context, server_ciphers);
  // Tickets need no memory here, and all workers take them.
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(&context, reinterpret_cast<unsigned char const*>(session_context.data()),
                                 static_cast<unsigned>(session_context.size()));
  if (!parts.alpn.empty()) SSL_CTX_set_alpn_select_cb(&context, &TlsContextMaker::choose_protocol, &parts);
  if (parts.verifies) {
    SSL_CTX_set_client_CA_list(&context, SSL_load_client_CA_file(options.client_ca.c_str()));
    SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | (options.client_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  }
  Tls::attach(context);
}

/// Null where no certificate is for `name`.
SSL_CTX* TlsContextMaker::find(Parts const& parts, std::string_view name, bool wildcards) {
  auto const fits = [&](std::vector<std::string> const& names) {
    return std::ranges::any_of(names, [&](auto const& own) { return wildcards ? covers(own, name) : own == name; });
  };
  if (fits(parts.names)) return parts.context.get();
  for (auto const& named : parts.named) {
    if (fits(named.names)) return named.context.get();
  }
  return nullptr;
}

int TlsContextMaker::choose_certificate(SSL* ssl, int*, void* parts) {
  auto const* const asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (asked == nullptr) return SSL_TLSEXT_ERR_NOACK;
  std::string name{asked};
  std::ranges::transform(name, name.begin(), [](char byte) { return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte; });
  auto const& all = *static_cast<Parts const*>(parts);
  auto* found = find(all, name, false);
  if (found == nullptr) found = find(all, name, true);
  if (found == nullptr) return SSL_TLSEXT_ERR_NOACK;
  if (found != all.context.get()) SSL_set_SSL_CTX(ssl, found);
  return SSL_TLSEXT_ERR_OK;
}

int TlsContextMaker::choose_protocol(SSL*, unsigned char const** chosen, unsigned char* size, unsigned char const* offered,
                                     unsigned int offered_size, void* parts) {
  auto const& ours = static_cast<Parts const*>(parts)->alpn;
  unsigned char* found = nullptr;
  auto const outcome = SSL_select_next_proto(&found, size, reinterpret_cast<unsigned char const*>(ours.data()),
                                             static_cast<unsigned>(ours.size()), offered, offered_size);
  *chosen = found;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

MadeTlsContext make_tls_client(TlsClientOptions const& options) { return TlsContextMaker::client(options); }

MadeTlsContext make_tls_server(TlsServerOptions const& options) { return TlsContextMaker::server(options); }

}  // namespace ambassador::net
