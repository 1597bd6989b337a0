#include "base/error.hpp"

namespace ambassador {
namespace {

class Category final : public boost::system::error_category {
 public:
  [[nodiscard]] char const* name() const noexcept override { return "ambassador"; }

  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::end_of_stream: return "the connection was closed";
      case Errc::incomplete_message: return "the connection was closed in the middle of a message";
      case Errc::timed_out: return "timed out";
      case Errc::bad_message: return "the message is malformed";
      case Errc::head_too_large: return "the message head is too large";
      case Errc::too_many_fields: return "the message head has too many fields";
      case Errc::target_too_long: return "the request target is too long";
      case Errc::bad_version: return "the HTTP version is not supported";
      case Errc::bad_chunk: return "the chunked coding is malformed";
      case Errc::too_many_interim: return "too many interim (1xx) responses";
      case Errc::unexpected_switch: return "a 101 that was not asked for";
      case Errc::no_address: return "the name has no address";
      case Errc::resolver_failed: return "the name could not be looked up";
      case Errc::pool_exhausted: return "too many calls wait for a connection";
      case Errc::pending_timed_out: return "no connection became free in time";
      case Errc::tls_in_tunnel: return "TLS inside a tunnel that carries plain HTTP";
      case Errc::own_address: return "the name leads to the ambassador itself";
      case Errc::bad_answer: return "the endpoint's answer says that it failed, and no other endpoint is left";
      case Errc::shutting_down: return "shutting down";
      case Errc::slow_body: return "the body came too slowly";
      case Errc::address_refused: return "the name leads to addresses that may not be reached";
      case Errc::tls_expired: return "the certificate has expired, or is not valid yet";
      case Errc::tls_wrong_name: return "the certificate is for another name";
      case Errc::tls_unknown_ca: return "the certificate is signed by nobody who is trusted";
      case Errc::tls_protocol: return "no TLS, or no version of it that both sides take";
      case Errc::tls_client_refused: return "the peer refuses our certificate, or wants one";
      case Errc::tls_failed: return "the TLS handshake failed";
      case Errc::tls_truncated: return "the TLS connection was cut without a close_notify";
      case Errc::tls_no_context: return "the certificate or CA files cannot be used";
      case Errc::sni_mismatch: return "the TLS inside the tunnel asks for another name";
      case Errc::not_tls: return "no TLS in a tunnel to port 443";
      case Errc::via_refused: return "the parent proxy opened no tunnel";
      case Errc::bad_proxy_header: return "no PROXY protocol header at the connection's beginning";
      case Errc::not_redirected: return "the connection was not redirected here by the kernel";
    }
    return "unknown error";
  }
};

}  // namespace

boost::system::error_category const& error_category() noexcept {
  static Category const category;
  return category;
}

}  // namespace ambassador
