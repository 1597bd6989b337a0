// Why TLS failed: what OpenSSL says of it, as a code of ours and as a sentence for the log.
#pragma once

#include "base/error.hpp"

#include <string>

struct x509_st;

namespace ambassador::net {

/// Of a result of verification, X509_V_ERR_….
[[nodiscard]] Errc code_of_certificate(int error) noexcept;
/// Of a reason of the error queue, SSL_R_…; those of the peer's alerts too.
[[nodiscard]] Errc code_of_reason(int reason) noexcept;
/// What is wrong with the certificate that verification failed at; null where it failed at none.
[[nodiscard]] std::string describe_bad_certificate(int error, x509_st const* certificate);

}  // namespace ambassador::net
