#include "net/tls_session_slot.hpp"

#include <openssl/ssl.h>

namespace ambassador::net {

void TlsSessionSlot::clear() noexcept {
  for (auto* const session : sessions_) SSL_SESSION_free(session);
  sessions_.clear();
}

void TlsSessionSlot::bind(std::shared_ptr<TlsContext const> const& context, std::string const& name) {
  if (context_.lock() == context && name_ == name) return;
  clear();
  context_ = context;
  name_ = name;
}

void TlsSessionSlot::put(ssl_session_st* session) {
  bool const once = SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION;
  if (!once) clear();
  if (sessions_.size() == limit) {
    SSL_SESSION_free(sessions_.front());
    sessions_.erase(sessions_.begin());
  }
  sessions_.push_back(session);
}

/// A ticket of TLS 1.3 shows who uses it twice (RFC 8446 appendix C.4).
ssl_session_st* TlsSessionSlot::take() {
  if (sessions_.empty()) return nullptr;
  auto* const latest = sessions_.back();
  if (SSL_SESSION_get_protocol_version(latest) >= TLS1_3_VERSION) {
    sessions_.pop_back();
  } else {
    SSL_SESSION_up_ref(latest);
  }
  return latest;
}

}  // namespace ambassador::net
