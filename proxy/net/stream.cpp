#include "net/stream.hpp"

#include "base/error.hpp"
#include "net/now.hpp"
#include "net/splice_pipe.hpp"

#include <cerrno>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ambassador::net {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

error_code last_error() noexcept {
  int const value = errno;
  if (value == EAGAIN || value == EWOULDBLOCK) return asio::error::would_block;
  return {value, boost::system::system_category()};
}

short poll_now(int descriptor, short events) noexcept {
  pollfd entry{descriptor, events, 0};
  return ::poll(&entry, 1, 0) > 0 ? entry.revents : short{0};
}

}  // namespace

error_code Io::end() noexcept { return make_error_code(Errc::end_of_stream); }

Stream::Stream(Executor executor, TimerWheel& wheel, int descriptor)
    : descriptor_{descriptor}, readiness_{EdgeSet::of(executor)}, wheel_{wheel} {
  if (!readiness_.add(descriptor)) close();
}

Io Stream::receive(char* data, std::size_t size) noexcept {
  for (;;) {
    auto const got = ::recv(descriptor_, data, size, MSG_DONTWAIT);
    if (got > 0) {
      auto const bytes = static_cast<std::size_t>(got);
      if (bytes < size && readiness_.reads_are_whole()) readiness_.has_been_read();
      return {bytes, {}};
    }
    if (got == 0) return {0, Io::end()};
    if (errno == EINTR) continue;
    auto const failed = last_error();
    if (failed == asio::error::would_block) readiness_.has_been_read();
    return {0, failed};
  }
}

Io Stream::read_some(char* data, std::size_t size) noexcept {
  if (tls_ != nullptr) [[unlikely]]
    return tls_->read_some(data, size);
  return receive(data, size);
}

/// Calls `send`, a system call that returns how many bytes went, until it is not interrupted.
template <class Send>
Io Stream::write_by(Send send) noexcept {
  for (;;) {
    auto const sent = send();
    if (sent >= 0) return {static_cast<std::size_t>(sent), {}};
    if (errno == EINTR) continue;
    auto const failed = last_error();
    if (failed == asio::error::would_block) readiness_.cannot_be_written();
    return {0, failed};
  }
}

Io Stream::write_some(std::span<iovec const> parts) noexcept {
  if (tls_ != nullptr) [[unlikely]]
    return tls_->write_some(parts);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  return write_by([&] { return ::sendmsg(descriptor_, &message, MSG_DONTWAIT | MSG_NOSIGNAL); });
}

Io Stream::send(std::string_view bytes) noexcept {
  return write_by([&] { return ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL); });
}

Io Stream::write_some(std::string_view bytes) noexcept {
  if (tls_ != nullptr) [[unlikely]] {
    iovec const part{const_cast<char*>(bytes.data()), bytes.size()};
    return tls_->write_some({&part, 1});
  }
  return send(bytes);
}

Task<error_code> Stream::write_all(std::string bytes, Milliseconds patience) {
  Deadline progress{this, &Stream::expire};  // of its own: a reader may have set the stream's meanwhile
  auto const cancels = cancels_;
  std::string_view left = bytes;
  bool moved = true;
  int queued = 0;
  while (!left.empty()) {
    auto const io = write_some(left);
    left.remove_prefix(io.bytes);
    moved = moved || io.bytes != 0;
    if (!io.code) continue;
    if (!io.blocked()) co_return io.code;
    if (moved && patience.count() != 0) {
      queued = queued_to_send();
      progress.set(wheel_, now() + patience);
    }
    moved = false;
    co_await writable();
    if (cancels_ != cancels) co_return asio::error::operation_aborted;
    if (!progress.expired()) continue;
    // The kernel makes room in large steps: a slow peer may have taken bytes that did not show yet.
    moved = queued_to_send() < queued;
    if (!moved) co_return make_error_code(Errc::timed_out);
  }
  co_return error_code{};
}

error_code Stream::begin_to_connect(asio::ip::tcp::endpoint const& endpoint) noexcept {
  descriptor_ = ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return last_error();
  int const on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(descriptor_, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 && errno != EINPROGRESS) {
    return last_error();
  }
  // Not before: a socket that is not connected yet counts as hung up.
  return readiness_.add(descriptor_) ? error_code{} : last_error();
}

error_code Stream::connect_outcome() const noexcept {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &value, &size) != 0) return last_error();
  return {value, boost::system::system_category()};
}

Task<error_code> Stream::connect(asio::ip::tcp::endpoint endpoint) {
  auto const cancels = cancels_;
  if (auto const failed = begin_to_connect(endpoint)) co_return failed;
  while (!readiness_.writable()) {
    co_await writable();
    if (expired()) co_return make_error_code(Errc::timed_out);
    if (cancels_ != cancels) co_return asio::error::operation_aborted;
  }
  co_return connect_outcome();
}

Task<error_code> Stream::start_tls_client(std::shared_ptr<TlsContext const> context, TlsPeer peer) {
  tls_ = Tls::client(*this, std::move(context), peer);
  return shake_hands();
}

Task<error_code> Stream::start_tls_server(std::shared_ptr<TlsContext const> context, std::string already_read) {
  tls_ = Tls::server(*this, std::move(context), std::move(already_read));
  return shake_hands();
}

Task<error_code> Stream::shake_hands() {
  auto const cancels = cancels_;
  for (;;) {
    auto const step = tls_->handshake();
    if (step == Tls::Step::done) co_return error_code{};
    if (step == Tls::Step::failed) co_return tls_->failure();
    if (step == Tls::Step::wants_to_read) {
      co_await readable();
    } else {
      co_await writable();
    }
    if (expired()) co_return make_error_code(Errc::timed_out);
    if (cancels_ != cancels || tls_ == nullptr) co_return asio::error::operation_aborted;
  }
}

std::string const& Stream::tls_detail() const noexcept {
  static std::string const nothing;
  return tls_ ? tls_->detail() : nothing;
}

int Stream::queued_to_send() const noexcept {
  int bytes = 0;
  return ::ioctl(descriptor_, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

bool Stream::has_input() const noexcept {
  if (tls_ != nullptr) [[unlikely]]
    return tls_->has_input();
  return poll_now(descriptor_, POLLIN | POLLRDHUP) != 0;
}

bool Stream::peer_has_ended() const noexcept {
  if (tls_ != nullptr && tls_->has_input() && tls_->peer_has_ended()) return true;
  return poll_now(descriptor_, POLLRDHUP) != 0;
}

bool Stream::has_ended_in_silence() const noexcept {
  if (poll_now(descriptor_, POLLRDHUP) == 0) return false;
  int bytes = 0;
  return ::ioctl(descriptor_, FIONREAD, &bytes) != 0 || bytes == 0;
}

bool Stream::is_gone() const noexcept { return (poll_now(descriptor_, 0) & (POLLERR | POLLHUP | POLLNVAL)) != 0; }

// The peer may be gone already: then nothing is left to shut.
void Stream::shutdown_send() noexcept {
  if (tls_ != nullptr) [[unlikely]]
    return end_tls();
  ::shutdown(descriptor_, SHUT_WR);
}

void Stream::end_tls() noexcept {
  if (tls_->send_end()) {
    ::shutdown(descriptor_, SHUT_WR);
    return;
  }
  if (readiness_.somebody_waits_to_write()) return;
  readiness_.wait_writable([self = tls_->stream_while_alive()](error_code) {
    if (auto const stream = self.lock()) stream->end_tls();
  });
}

void Stream::shutdown_both() noexcept { ::shutdown(descriptor_, SHUT_RDWR); }

void Stream::cancel() noexcept {
  ++cancels_;
  readiness_.cancel();
}

void Stream::close() noexcept {
  deadline_.clear();
  if (tls_ != nullptr) [[unlikely]] {
    std::ignore = tls_->send_end();
    tls_.reset();
  }
  readiness_.remove();
  if (descriptor_ != closed) ::close(std::exchange(descriptor_, closed));
}

void Stream::reset() noexcept {
  tls_.reset();
  linger const at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

std::string to_text(asio::ip::tcp::endpoint const& endpoint) {
  auto const address = endpoint.address().to_string();
  auto const port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? '[' + address + "]:" + port : address + ':' + port;
}

// A pipe with something in it could be full, which also reads as would_block: hence the empty one. At a byte of urgent data
// the kernel says would_block too, and nobody would wake us. How much came says nothing: a pipe has places for pieces,
// which may be small.
Io Stream::splice_to(SplicePipe& pipe) noexcept {
  if (!readiness_.reads_are_whole()) return {};
  for (;;) {
    auto const got =
        ::splice(descriptor_, nullptr, pipe.write_end(), nullptr, pipe.capacity(), SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (got >= 0) {
      pipe.filled(static_cast<std::size_t>(got));
      return {static_cast<std::size_t>(got), {}};
    }
    if (errno == EINTR) continue;
    auto const failed = last_error();
    if (failed == asio::error::would_block) readiness_.has_been_read();
    return {0, failed};
  }
}

Io Stream::splice_from(SplicePipe& pipe) noexcept {
  auto const io = write_by([&] {
    return ::splice(pipe.read_end(), nullptr, descriptor_, nullptr, pipe.bytes(), SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  });
  pipe.drained(io.bytes);
  return io;
}

}  // namespace ambassador::net
