// What all TLS connections of one kind have in common: the files of certificates and CAs, read and checked once, and what
// both sides may speak. TLS 1.2 and later, no renegotiation, no compression.
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

struct ssl_ctx_st;

namespace ambassador::net {

/// Files are PEM. A certificate file may hold a chain, the leaf first.
struct TlsClientOptions {
  std::string ca;                 ///< empty: SSL_CERT_FILE, or the system's bundle
  std::string cert;               ///< our own certificate; empty: none. With `key`
  std::string key;                ///< without a passphrase
  bool verify = true;             ///< whether the server's certificate and name are checked
  std::vector<std::string> alpn;  ///< protocols to offer, the best first
};

struct TlsServerOptions {
  struct Pair {
    std::string cert;
    std::string key;
  };
  std::vector<Pair>
      certificates;               ///< at least one; the client's SNI chooses by the names inside them, the first is the default
  std::string client_ca;          ///< empty: clients are not asked for a certificate
  bool client_required = true;    ///< with `client_ca`: one without a certificate is refused
  std::vector<std::string> alpn;  ///< the first that the client offers too is taken; none of them is no error
};

/// A sentence: which file, what is wrong with it, what to do.
struct TlsFileFault {
  std::string message;
};

/// Lets `value()` throw at start-up; found by argument-dependent look-up.
[[noreturn]] void throw_exception_from_error(TlsFileFault const& fault, boost::source_location const& where);

/// When the earliest of a file's certificates ends.
struct Expiry {
  std::string file;
  std::chrono::system_clock::time_point not_after;
};

/// Immutable, and shared by all threads.
class TlsContext {
 public:
  ~TlsContext();
  TlsContext(TlsContext const&) = delete;
  TlsContext& operator=(TlsContext const&) = delete;

  /// Of every certificate file that the options name; not of the system's bundle.
  [[nodiscard]] std::vector<Expiry> const& expiries() const noexcept;

  // For Tls.
  [[nodiscard]] ssl_ctx_st* handle() const noexcept;
  [[nodiscard]] bool verifies() const noexcept;

 private:
  struct Parts;
  friend class TlsContextMaker;

  explicit TlsContext(std::unique_ptr<Parts> parts) noexcept;

  std::unique_ptr<Parts> parts_;
};

using MadeTlsContext = boost::system::result<std::shared_ptr<TlsContext const>, TlsFileFault>;

/// Reads the files; may take some milliseconds. The system's bundle is read once for all contexts that use it.
MadeTlsContext make_tls_client(TlsClientOptions const& options);
MadeTlsContext make_tls_server(TlsServerOptions const& options);

}  // namespace ambassador::net
