#include "net/transport.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <stdexcept>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace ambassador::bench {

namespace {

int length_of(std::size_t size) noexcept { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

void require(bool good, std::string const& what) {
  if (!good) throw std::runtime_error{what};
}

}  // namespace

Tls::Tls(std::string name) : context_{::SSL_CTX_new(::TLS_method()), ::SSL_CTX_free}, name_{std::move(name)} {
  require(context_ != nullptr, "OpenSSL has no context");
  // What is left of a send may have moved by the time it is sent.
  ::SSL_CTX_set_mode(context(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

Tls Tls::client(std::string const& ca, std::string name) {
  Tls tls{std::move(name)};
  require(::SSL_CTX_load_verify_file(tls.context(), ca.c_str()) == 1, "there is no certificate in " + ca);
  ::SSL_CTX_set_verify(tls.context(), SSL_VERIFY_PEER, nullptr);
  return tls;
}

Tls Tls::server(std::string const& certificate, std::string const& key) {
  Tls tls{{}};
  require(::SSL_CTX_use_certificate_chain_file(tls.context(), certificate.c_str()) == 1,
          "there is no certificate in " + certificate);
  require(::SSL_CTX_use_PrivateKey_file(tls.context(), key.c_str(), SSL_FILETYPE_PEM) == 1, "that key is of another: " + key);
  return tls;
}

void Transport::Free::operator()(ssl_st* tls) const noexcept { ::SSL_free(tls); }

Transport::Transport(Descriptor socket, Tls const* tls) : socket_{std::move(socket)} {
  if (tls == nullptr) return;
  tls_.reset(::SSL_new(tls->context()));
  require(tls_ != nullptr && ::SSL_set_fd(tls_.get(), socket_.get()) == 1, "OpenSSL takes no socket");
  if (tls->name().empty()) {
    ::SSL_set_accept_state(tls_.get());
    return;
  }
  ::SSL_set_connect_state(tls_.get());
  require(
      ::SSL_set_tlsext_host_name(tls_.get(), tls->name().c_str()) == 1 && ::SSL_set1_host(tls_.get(), tls->name().c_str()) == 1,
      "OpenSSL takes no name");
}

Transport& Transport::operator=(Transport&& other) noexcept {
  close();
  socket_ = std::move(other.socket_);
  tls_ = std::move(other.tls_);
  waits_for_room_ = other.waits_for_room_;
  return *this;
}

void Transport::close() noexcept {
  if (tls_ && is_ready() && socket_.is_open()) {
    ::ERR_clear_error();
    ::SSL_shutdown(tls_.get());
  }
  tls_.reset();
  socket_.reset();
}

bool Transport::is_ready() const noexcept { return !tls_ || ::SSL_is_init_finished(tls_.get()) == 1; }

bool Transport::has_more() const noexcept { return tls_ && ::SSL_pending(tls_.get()) > 0; }

/// As a system call would say it. A peer's close_notify is an end; all that is not waiting is a broken connection.
ssize_t Transport::outcome(int result) noexcept {
  if (result > 0) return result;
  auto const what = ::SSL_get_error(tls_.get(), result);
  if (what == SSL_ERROR_ZERO_RETURN) return 0;
  waits_for_room_ = what == SSL_ERROR_WANT_WRITE;
  errno = waits_for_room_ || what == SSL_ERROR_WANT_READ ? EAGAIN : ECONNRESET;
  return -1;
}

ssize_t Transport::send(std::string_view bytes, bool more) noexcept {
  if (!tls_) return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | (more ? MSG_MORE : 0));
  ::ERR_clear_error();
  return outcome(::SSL_write(tls_.get(), bytes.data(), length_of(bytes.size())));
}

ssize_t Transport::receive(std::span<char> into) noexcept {
  if (!tls_) return ::recv(socket_.get(), into.data(), into.size(), 0);
  ::ERR_clear_error();
  return outcome(::SSL_read(tls_.get(), into.data(), length_of(into.size())));
}

ssize_t Transport::discard(std::size_t bytes) noexcept { return ::recv(socket_.get(), nullptr, bytes, MSG_TRUNC); }

}  // namespace ambassador::bench
