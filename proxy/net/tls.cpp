#include "net/tls.hpp"

#include "base/error.hpp"
#include "base/ip_address.hpp"
#include "net/stream.hpp"
#include "net/tls_failure.hpp"
#include "net/tls_files.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace ambassador::net {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// Bytes of several parts, in pieces of a record's size. Small parts are joined in memory of the thread's own.
class Pieces {
 public:
  explicit Pieces(std::span<iovec const> parts) noexcept : parts_{parts} {}

  /// Up to a record of what is left; fewer bytes only where no more are left.
  [[nodiscard]] std::string_view front() noexcept {
    while (!parts_.empty() && parts_.front().iov_len == skipped_) drop_part();
    if (parts_.empty()) return {};
    auto const first = view(parts_.front()).substr(skipped_, Tls::record_bytes);
    return first.size() == Tls::record_bytes || parts_.size() == 1 ? first : join();
  }

  void skip(std::size_t bytes) noexcept {
    while (bytes != 0) {
      auto const step = std::min(bytes, parts_.front().iov_len - skipped_);
      skipped_ += step;
      bytes -= step;
      if (skipped_ == parts_.front().iov_len) drop_part();
    }
  }

 private:
  static std::string_view view(iovec const& part) noexcept { return {static_cast<char const*>(part.iov_base), part.iov_len}; }

  void drop_part() noexcept {
    parts_ = parts_.subspan(1);
    skipped_ = 0;
  }

  [[nodiscard]] std::string_view join() const noexcept {
    thread_local std::array<char, Tls::record_bytes> joined;
    std::size_t size = 0;
    auto skipped = skipped_;
    for (auto const& part : parts_) {
      size += view(part).substr(skipped).copy(joined.data() + size, joined.size() - size);
      skipped = 0;
    }
    return {joined.data(), size};
  }

  std::span<iovec const> parts_;
  std::size_t skipped_ = 0;  ///< bytes of the first part
};

}  // namespace

struct Tls::Callbacks {
  static int read(BIO* bio, char* data, int size) {
    BIO_clear_retry_flags(bio);
    auto& tls = *static_cast<Tls*>(BIO_get_data(bio));
    auto const io = tls.receive(data, static_cast<std::size_t>(size));
    if (io.bytes != 0) return static_cast<int>(io.bytes);
    tls.socket_ended_ = io.ended();
    if (io.ended()) return 0;
    if (io.blocked()) {
      BIO_set_retry_read(bio);
    } else {
      tls.socket_error_ = io.code;
    }
    return -1;
  }

  static int write(BIO* bio, char const* data, int size) {
    BIO_clear_retry_flags(bio);
    auto& tls = *static_cast<Tls*>(BIO_get_data(bio));
    auto const io = tls.stream_.send({data, static_cast<std::size_t>(size)});
    if (!io.code) return static_cast<int>(io.bytes);
    if (io.blocked()) {
      BIO_set_retry_write(bio);
    } else {
      tls.socket_error_ = io.code;
    }
    return -1;
  }

  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return static_cast<Tls*>(BIO_get_data(bio))->socket_ended_ ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  /// The one kind of BIO that there is of ours.
  static BIO_METHOD const* method() {
    static auto* const made = [] {
      auto* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "net::Stream");
      if (method == nullptr) throw std::bad_alloc{};
      BIO_meth_set_read(method, &Callbacks::read);
      BIO_meth_set_write(method, &Callbacks::write);
      BIO_meth_set_ctrl(method, &Callbacks::control);
      return method;
    }();
    return made;
  }

  static Tls& of(SSL const* ssl) { return *static_cast<Tls*>(SSL_get_app_data(ssl)); }

  /// Sees the certificate that verification fails at: nothing keeps it after that.
  static int verify(int good, X509_STORE_CTX* checked) {
    if (good == 1) return good;
    auto& tls = of(static_cast<SSL const*>(X509_STORE_CTX_get_ex_data(checked, SSL_get_ex_data_X509_STORE_CTX_idx())));
    tls.bad_certificate_ =
        describe_bad_certificate(X509_STORE_CTX_get_error(checked), X509_STORE_CTX_get_current_cert(checked));
    return good;
  }

  static int certificate_wanted(SSL* ssl, void*) {
    of(ssl).asked_for_certificate_ = true;
    return 1;
  }

  static int new_session(SSL* ssl, SSL_SESSION* session) {
    auto* const slot = of(ssl).slot_;
    if (slot == nullptr) return 0;
    slot->put(session);
    return 1;  // it is ours now
  }
};

void Tls::attach(ssl_ctx_st& context) {
  SSL_CTX_set_verify(&context, SSL_CTX_get_verify_mode(&context), &Callbacks::verify);
  SSL_CTX_set_cert_cb(&context, &Callbacks::certificate_wanted, nullptr);
  SSL_CTX_sess_set_new_cb(&context, &Callbacks::new_session);
}

Tls::Tls(Stream& stream, std::shared_ptr<TlsContext const> context)
    : stream_{stream}, context_{std::move(context)}, ssl_{SSL_new(context_->handle())} {
  auto* const bio = ssl_ == nullptr ? nullptr : BIO_new(Callbacks::method());
  if (bio == nullptr) {
    SSL_free(ssl_);
    throw std::bad_alloc{};
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_app_data(ssl_, this);
}

Tls::~Tls() {
  // A connection that was cut says nothing against its session.
  if (info_) SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
}

std::unique_ptr<Tls> Tls::client(Stream& stream, std::shared_ptr<TlsContext const> context, TlsPeer const& peer) {
  std::unique_ptr<Tls> tls{new Tls{stream, std::move(context)}};
  SSL_set_connect_state(tls->ssl_);
  tls->name_server(peer);
  if (peer.resume == nullptr) return tls;
  tls->slot_ = peer.resume;
  tls->slot_->bind(tls->context_, peer.server_name);
  if (auto* const session = tls->slot_->take()) {
    SSL_set_session(tls->ssl_, session);
    SSL_SESSION_free(session);
  }
  return tls;
}

std::unique_ptr<Tls> Tls::server(Stream& stream, std::shared_ptr<TlsContext const> context, std::string already_read) {
  std::unique_ptr<Tls> tls{new Tls{stream, std::move(context)}};
  SSL_set_accept_state(tls->ssl_);
  tls->already_read_ = std::move(already_read);
  return tls;
}

/// Says whom we ask for, and whose certificate we take. A name that cannot be checked is no reason not to check.
void Tls::name_server(TlsPeer const& peer) {
  std::string name = peer.server_name;
  if (name.ends_with('.')) name.pop_back();
  bool named = !name.empty();
  if (auto const address = parse_ip_address(name)) {
    named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), to_string(*address).c_str()) == 1;
  } else if (named) {
    SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    named = SSL_set_tlsext_host_name(ssl_, name.c_str()) == 1 && SSL_set1_host(ssl_, name.c_str()) == 1;
    asked_name_ = name;
  }
  ERR_clear_error();
  if (!named && context_->verifies()) fail(Errc::tls_wrong_name, '"' + name + "\" is no name that a certificate can be for");
}

Io Tls::receive(char* data, std::size_t size) noexcept {
  if (!already_read_.empty()) {
    auto const bytes = already_read_.copy(data, size);
    already_read_.erase(0, bytes);
    return {bytes, {}};
  }
  if (only_what_showed_ && !stream_.readiness_.readable()) return {0, asio::error::would_block};
  return stream_.receive(data, size);
}

void Tls::forget_errors() noexcept {
  ERR_clear_error();
  socket_error_ = {};
}

Tls::Step Tls::handshake() {
  if (failure_) return Step::failed;
  forget_errors();
  auto const result = SSL_do_handshake(ssl_);
  if (result == 1) {
    note_agreement();
    return Step::done;
  }
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: return Step::wants_to_read;
    case SSL_ERROR_WANT_WRITE: return Step::wants_to_write;
    default: break;
  }
  fail(Errc::tls_failed);
  if (slot_ != nullptr) slot_->clear();
  return Step::failed;
}

void Tls::note_agreement() {
  info_ = std::make_unique<TlsInfo>();
  info_->version = SSL_get_version(ssl_);
  info_->cipher = SSL_get_cipher_name(ssl_);
  info_->resumed = SSL_session_reused(ssl_) == 1;
  auto const* const asked =
      SSL_is_server(ssl_) == 1 ? SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name) : asked_name_.c_str();
  if (asked != nullptr) info_->server_name = asked;
  unsigned char const* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &protocol, &size);
  if (size != 0) info_->alpn.assign(reinterpret_cast<char const*>(protocol), size);
  if (auto const* const peer = SSL_get0_peer_certificate(ssl_)) info_->peer_name = to_text(X509_get_subject_name(peer));
  if (SSL_has_pending(ssl_) == 1) stream_.readiness_.has_more_to_read();
}

void Tls::fail(error_code code, std::string detail) {
  failure_ = code;
  detail_ = std::move(detail);
  stream_.readiness_.has_more_to_read();  // nobody is to wait for more
}

void Tls::fail(error_code ended) {
  auto const reason = ERR_GET_REASON(ERR_peek_error());
  if (reason == 0) {
    if (socket_error_) return fail(socket_error_, socket_error_.message());
    return fail(ended, info_ ? make_error_code(Errc::tls_truncated).message() : "the peer closed during the TLS handshake");
  }
  auto const text = take_openssl_reason();
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    return fail(code_of_certificate(static_cast<int>(SSL_get_verify_result(ssl_))),
                bad_certificate_.empty() ? text : bad_certificate_);
  }
  bool const refused =
      reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE && asked_for_certificate_ && SSL_get_certificate(ssl_) == nullptr;
  fail(refused ? Errc::tls_client_refused : code_of_reason(reason), text);
}

error_code Tls::read_outcome(int result) {
  switch (SSL_get_error(ssl_, result)) {
    // No write is ever wanted: what a read makes OpenSSL answer (a KeyUpdate) it sends with what we write next.
    case SSL_ERROR_WANT_READ: return asio::error::would_block;
    case SSL_ERROR_ZERO_RETURN:
      if (!socket_ended_) fail(Io::end(), {});
      break;
    default: break;
  }
  if (!failure_) fail(Errc::tls_truncated);
  return failure_;
}

Io Tls::read_some(char* data, std::size_t size) {
  std::size_t have = 0;
  error_code outcome = failure_;
  only_what_showed_ = false;
  while (!outcome && have < size) {
    forget_errors();
    std::size_t bytes = 0;
    auto const result = SSL_read_ex(ssl_, data + have, size - have, &bytes);
    have += bytes;
    if (result != 1) outcome = read_outcome(result);
    only_what_showed_ = true;
  }
  if (have == 0) return {0, outcome};
  if (!outcome && SSL_has_pending(ssl_) == 1) stream_.readiness_.has_more_to_read();
  return {have, {}};
}

bool Tls::has_input() {
  if (failure_) return true;
  if (!info_) return stream_.readiness_.readable();
  forget_errors();
  only_what_showed_ = false;
  char byte = 0;
  std::size_t bytes = 0;
  auto const result = SSL_peek_ex(ssl_, &byte, 1, &bytes);
  if (result != 1) return read_outcome(result) != asio::error::would_block;
  stream_.readiness_.has_more_to_read();
  return true;
}

bool Tls::peer_has_ended() const noexcept { return failure_ == Io::end(); }

Io Tls::write_some(std::span<iovec const> parts) {
  Pieces pieces{parts};
  std::size_t taken = 0;
  for (;;) {
    auto piece = pieces.front();
    if (piece.empty()) return {taken, {}};
    if (blocked_ != 0) piece = piece.substr(0, blocked_);
    forget_errors();
    std::size_t bytes = 0;
    auto const result = SSL_write_ex(ssl_, piece.data(), piece.size(), &bytes);
    if (result == 1) {
      blocked_ = 0;
      taken += bytes;
      pieces.skip(bytes);
      continue;
    }
    bool const blocked = SSL_get_error(ssl_, result) == SSL_ERROR_WANT_WRITE;
    if (blocked) blocked_ = piece.size();
    if (taken != 0) return {taken, {}};
    return {0, blocked ? error_code{asio::error::would_block} : write_failure()};
  }
}

/// Where the peer gave a reason before it closed, that says more than the socket does.
error_code Tls::write_failure() {
  auto const failed = socket_error_ ? socket_error_ : make_error_code(Errc::tls_failed);
  if (!socket_error_ && detail_.empty()) detail_ = take_openssl_reason();
  end_sent_ = true;  // nothing more goes
  bool const refused = has_input() && failure_ == Errc::tls_client_refused;
  return refused ? failure_ : failed;
}

bool Tls::send_end() {
  bool const possible = info_ && !end_sent_ && blocked_ == 0 && (!failure_ || failure_ == Io::end());
  if (!possible) return true;
  forget_errors();
  auto const result = SSL_shutdown(ssl_);
  if (result < 0 && SSL_get_error(ssl_, result) == SSL_ERROR_WANT_WRITE) return false;
  ERR_clear_error();
  end_sent_ = true;
  return true;
}

std::weak_ptr<Stream> Tls::stream_while_alive() {
  if (!life_) life_ = std::make_shared<char>();
  return std::shared_ptr<Stream>{life_, &stream_};
}

}  // namespace ambassador::net
