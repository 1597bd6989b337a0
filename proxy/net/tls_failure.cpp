#include "net/tls_failure.hpp"

#include "net/tls_files.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstddef>

namespace ambassador::net {
namespace {

/// OpenSSL's reasons for alerts of the peer are this and the alert's number (RFC 8446 section 6).
constexpr int alert_reasons = SSL_AD_REASON_OFFSET;
constexpr int last_alert_reason = alert_reasons + 255;
constexpr std::size_t names_in_detail = 5;
constexpr std::size_t longest_names = 256;  ///< bytes of all of them

Errc code_of_alert(int alert) noexcept {
  switch (alert) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_CERTIFICATE_REQUIRED: return Errc::tls_client_refused;
    case SSL_AD_UNRECOGNIZED_NAME: return Errc::tls_wrong_name;
    case SSL_AD_PROTOCOL_VERSION:
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
    case SSL_AD_NO_APPLICATION_PROTOCOL: return Errc::tls_protocol;
    default: return Errc::tls_failed;
  }
}

/// The peer chose these bytes, and they go into a log.
std::string names_of(X509 const& certificate) {
  std::string text;
  auto const names = dns_names(certificate);
  for (std::size_t i = 0; i < std::min(names.size(), names_in_detail); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (text.size() > longest_names) text.resize(longest_names);
  std::ranges::replace_if(
      text, [](char byte) { return byte < ' ' || byte > '~'; }, '?');
  if (names.size() > names_in_detail) text += ", …";
  return text.empty() ? "no name" : text;
}

}  // namespace

Errc code_of_certificate(int error) noexcept {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
    case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD: return Errc::tls_expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return Errc::tls_wrong_name;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED:
    case X509_V_ERR_INVALID_CA: return Errc::tls_unknown_ca;
    default: return Errc::tls_failed;
  }
}

Errc code_of_reason(int reason) noexcept {
  if (reason > alert_reasons && reason <= last_alert_reason) return code_of_alert(reason - alert_reasons);
  switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return Errc::tls_client_refused;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNSUPPORTED_SSL_VERSION:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_UNEXPECTED_MESSAGE:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_ENCRYPTED_LENGTH_TOO_LONG:
    case SSL_R_BAD_PROTOCOL_VERSION_NUMBER: return Errc::tls_protocol;
    default: return Errc::tls_failed;
  }
}

std::string describe_bad_certificate(int error, X509 const* certificate) {
  std::string text = X509_verify_cert_error_string(error);
  if (certificate == nullptr) return text;
  text += ": the certificate " + to_text(X509_get_subject_name(certificate));
  if (code_of_certificate(error) == Errc::tls_wrong_name) return text + " is for " + names_of(*certificate);
  return text + ", issued by " + to_text(X509_get_issuer_name(certificate)) + ", valid from " +
         to_text(X509_get0_notBefore(certificate)) + " to " + to_text(X509_get0_notAfter(certificate));
}

}  // namespace ambassador::net
