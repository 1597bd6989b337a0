#include "net/stream.hpp"

#include "base/error.hpp"

#include <boost/asio/this_coro.hpp>

#include <cerrno>
#include <utility>

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

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

Io Stream::read_some(char* data, std::size_t size) noexcept {
  for (;;) {
    auto const got = ::recv(handle(), data, size, MSG_DONTWAIT);
    if (got > 0) return {static_cast<std::size_t>(got), {}};
    if (got == 0) return {0, Io::end()};
    if (errno != EINTR) return {0, last_error()};
  }
}

Io Stream::write_some(std::span<iovec const> parts) noexcept {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  for (;;) {
    auto const sent = ::sendmsg(handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return {static_cast<std::size_t>(sent), {}};
    if (errno != EINTR) return {0, last_error()};
  }
}

Io Stream::write_some(std::string_view bytes) noexcept {
  iovec const part{const_cast<char*>(bytes.data()), bytes.size()};
  return write_some(std::span{&part, 1});
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
      progress.set(wheel_, std::chrono::steady_clock::now() + patience);
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

Task<error_code> Stream::connect(asio::ip::tcp::endpoint endpoint) {
  error_code failed;
  socket_.open(endpoint.protocol(), failed);
  if (failed) co_return failed;
  socket_.set_option(asio::ip::tcp::no_delay{true}, failed);
  auto [refused] = co_await socket_.async_connect(endpoint, awaiting);
  if (expired()) co_return make_error_code(Errc::timed_out);
  co_return refused;
}

int Stream::queued_to_send() const noexcept {
  int bytes = 0;
  return ::ioctl(handle(), SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

bool Stream::has_input() const noexcept { return poll_now(handle(), POLLIN | POLLRDHUP) != 0; }

bool Stream::peer_has_ended() const noexcept { return poll_now(handle(), POLLRDHUP) != 0; }

bool Stream::is_gone() const noexcept { return (poll_now(handle(), 0) & (POLLERR | POLLHUP | POLLNVAL)) != 0; }

void Stream::shutdown_send() noexcept {
  error_code ignored;  // the peer may be gone already: nothing is left to shut
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Stream::shutdown_both() noexcept {
  error_code ignored;
  socket_.shutdown(Socket::shutdown_both, ignored);
}

void Stream::end_waits() noexcept {
  error_code ignored;
  socket_.cancel(ignored);
}

void Stream::cancel() noexcept {
  ++cancels_;
  end_waits();
}

void Stream::close() noexcept {
  deadline_.clear();
  error_code ignored;
  socket_.close(ignored);
}

void Stream::reset() noexcept {
  error_code ignored;
  socket_.set_option(Socket::linger{true, 0}, ignored);
  close();
}

std::string to_text(asio::ip::tcp::endpoint const& endpoint) {
  auto const address = endpoint.address().to_string();
  auto const port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? '[' + address + "]:" + port : address + ':' + port;
}

}  // namespace ambassador::net
