#include "net/listener.hpp"

#include <cerrno>
#include <cstdint>
#include <iterator>

#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ambassador::net {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

Failure system_failure() { return {{errno, boost::system::system_category()}, Side::local, Stage::accept, false}; }

bool set_option(int descriptor, int level, int name, bool on = true) {
  int const value = on ? 1 : 0;
  return ::setsockopt(descriptor, level, name, &value, sizeof value) == 0;
}

/// Of the TCP header, RFC 9293 section 3.1.
constexpr std::uint32_t flags_at = 13;
constexpr std::uint32_t syn_and_ack = 0x12;
constexpr std::uint32_t syn = 0x02;

/// Drops what would begin a handshake. Closing a listener resets the handshakes under way, and another that shares the port
/// does not know them. Connections inherit the filter, which lets all else pass. Where the kernel refuses it, the moment
/// between the last accept and the close stays.
void drop_first_packets(int descriptor) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, flags_at),   BPF_STMT(BPF_ALU | BPF_AND | BPF_K, syn_and_ack),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, syn, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
  };
  sock_fprog const filter{static_cast<unsigned short>(std::size(program)), program};
  ::setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

/// A connection that was gone before it was accepted: the next may be well.
bool is_passing(int error) noexcept {
  return error == ECONNABORTED || error == EPROTO || error == EINTR || error == EPERM || error == ENETDOWN ||
         error == EHOSTUNREACH;
}

}  // namespace

Result<int> open_listening_socket(tcp::endpoint endpoint, bool share_port, bool both_families) {
  int const descriptor = ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return system_failure();
  bool const prepared = set_option(descriptor, SOL_SOCKET, SO_REUSEADDR) &&
                        (!share_port || set_option(descriptor, SOL_SOCKET, SO_REUSEPORT)) &&
                        (endpoint.protocol() != tcp::v6() || set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, !both_families));
  if (prepared && ::bind(descriptor, endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0 &&
      ::listen(descriptor, accept_backlog) == 0) {
    return descriptor;
  }
  auto const failure = system_failure();
  ::close(descriptor);
  return failure;
}

tcp::endpoint bound_address(int descriptor) {
  tcp::endpoint endpoint;
  auto size = static_cast<socklen_t>(endpoint.capacity());
  ::getsockname(descriptor, endpoint.data(), &size);
  endpoint.resize(size);
  return endpoint;
}

Listener::Listener(Executor executor, tcp protocol, int descriptor, Handlers handlers)
    : acceptor_{executor, protocol, descriptor}, pause_{executor}, handlers_{std::move(handlers)} {}

void Listener::start() { wait(); }

void Listener::wait() {
  acceptor_.async_wait(tcp::acceptor::wait_read, [this](boost::system::error_code const& failed) {
    if (failed || stopped_) return;
    if (accept_waiting(accepts_at_once)) return wait();
    pause_.expires_after(accept_pause);
    pause_.async_wait([this](boost::system::error_code const& cancelled) {
      if (!cancelled && !stopped_) wait();
    });
  });
}

bool Listener::accept_waiting(std::size_t limit) {
  for (std::size_t accepted = 0; accepted < limit; ++accepted) {
    tcp::endpoint peer;
    auto size = static_cast<socklen_t>(peer.capacity());
    int const descriptor = ::accept4(acceptor_.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      peer.resize(size);
      set_option(descriptor, IPPROTO_TCP, TCP_NODELAY);
      handlers_.accepted(descriptor, peer);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return true;
    } else if (!is_passing(errno)) {
      handlers_.trouble({errno, boost::system::system_category()});
      return false;
    }
  }
  return true;
}

void Listener::turn_away() {
  if (!stopped_) drop_first_packets(acceptor_.native_handle());
}

void Listener::stop() {
  if (stopped_) return;
  stopped_ = true;
  accept_waiting(accept_backlog);
  pause_.cancel();
  boost::system::error_code ignored;
  acceptor_.close(ignored);
}

}  // namespace ambassador::net
