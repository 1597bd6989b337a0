// The error codes that are the ambassador's own, in one category: each is a fault of HTTP or of time that no errno names.
#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

#include <string>

namespace ambassador {

enum class Errc {
  end_of_stream = 1,   ///< the peer closed, and nothing of a message had come
  incomplete_message,  ///< the peer closed in the middle of a message
  timed_out,           ///< a deadline passed
  bad_message,         ///< two parsers could read this message differently
  head_too_large,      ///< `limits.head`
  too_many_fields,     ///< `limits.fields`
  target_too_long,     ///< `limits.target`
  bad_version,         ///< neither HTTP/1.0 nor HTTP/1.1
  bad_chunk,           ///< the chunked coding is broken
  too_many_interim,    ///< more 1xx heads than `max_interim_responses`
  unexpected_switch,   ///< a 101 that nobody asked for
  no_address,          ///< the name has no address
  resolver_failed,     ///< no name server answered usefully
  pool_exhausted,      ///< `limits.connections` are in use and `limits.pending` calls wait
  pending_timed_out,   ///< no connection became free in time
  tls_in_tunnel,       ///< TLS where a tunnel carries plain HTTP
  own_address,         ///< the name leads to the ambassador itself
  bad_answer,          ///< an answer that `retry.on` names: another endpoint is asked
  shutting_down,       ///< the drain time ended
  slow_body,           ///< the body made too little progress in `timeout.body`
  address_refused,     ///< every address of the name is one that may not be reached this way
  tls_expired,         ///< the peer's certificate is not valid now
  tls_wrong_name,      ///< the peer's certificate is for another name
  tls_unknown_ca,      ///< nobody whom we trust signed the peer's certificate
  tls_protocol,        ///< the peer speaks no TLS, or no version and cipher that we take
  tls_client_refused,  ///< the peer wants a certificate of ours, or takes another than it got
  tls_failed,          ///< the handshake failed in another way
  tls_truncated,       ///< the peer closed without the close_notify that says it was all
  tls_no_context,      ///< the files of the certificate or the CA were never readable
  sni_mismatch,        ///< the TLS inside a tunnel asks for another name than the CONNECT
  not_tls,             ///< no TLS in a tunnel to port 443
  via_refused,         ///< the parent proxy did not open a tunnel
  bad_proxy_header,    ///< no PROXY protocol header where each connection begins with one
  not_redirected,      ///< a connection straight to the port that is for redirected ones
};

boost::system::error_category const& error_category() noexcept;

inline boost::system::error_code make_error_code(Errc code) noexcept { return {static_cast<int>(code), error_category()}; }

/// Returns the system's error of this errno.
inline boost::system::error_code errno_code(int number) noexcept { return {number, boost::system::system_category()}; }

}  // namespace ambassador

template <>
struct boost::system::is_error_code_enum<ambassador::Errc> : std::true_type {};
