#include "faulty_io.hpp"

#include <cerrno>

#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ambassador::faults {
namespace {

std::mutex plans_mutex;
std::map<std::uint16_t, FaultPlan*> plans;  // by the listener's port
thread_local FaultPlan* plan_of_thread = nullptr;

/// What a descriptor was put into an edge-triggered set with, by this thread.
struct Watch {
  int set = -1;
  epoll_event event{};
};
thread_local std::map<int, Watch> watches;

std::uint16_t local_port(int descriptor) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  return ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0 ? ntohs(address.sin_port)
                                                                                      : std::uint16_t{0};
}

std::uint64_t cookie_of(int descriptor) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  ::getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, &cookie, &size);
  return cookie;
}

/// A thread becomes a plan's worker when it accepts on the plan's port.
FaultPlan* plan_of_listener(int descriptor) {
  if (plan_of_thread != nullptr) return plan_of_thread;
  auto const port = local_port(descriptor);
  std::lock_guard const lock{plans_mutex};
  auto const found = plans.find(port);
  if (found != plans.end()) plan_of_thread = found->second;
  return plan_of_thread;
}

template <class Function>
Function* real(char const* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// To the kernel less than what was asked for means that there is no more: it reports what is left as if it came now.
void report_again(int descriptor) {
  auto const found = watches.find(descriptor);
  if (found != watches.end()) ::epoll_ctl(found->second.set, EPOLL_CTL_MOD, descriptor, &found->second.event);
}

bool is_socket(int descriptor) {
  struct stat of {};
  return ::fstat(descriptor, &of) == 0 && S_ISSOCK(of.st_mode);
}

/// What came is lost on the way, so that the socket is not readable either; the peer's own end still shows.
ssize_t lose(int descriptor, decltype(recv)* real_recv) {
  char lost[16 * 1024];
  ssize_t got = 0;
  while ((got = real_recv(descriptor, lost, sizeof lost, MSG_DONTWAIT)) > 0) {
  }
  return got;
}

int fail(int error) {
  errno = error;
  return -1;
}

}  // namespace

char const* name(Way way) noexcept {
  switch (way) {
    case Way::none: return "none";
    case Way::reset: return "reset";
    case Way::close: return "close";
    case Way::stall: return "stall";
    case Way::short_read: return "short read";
    case Way::short_write: return "short write";
  }
  return "";
}

FaultPlan::FaultPlan(std::uint16_t port, Way way, unsigned nth) : port_{port}, way_{way}, nth_{nth} {
  std::lock_guard const lock{plans_mutex};
  plans[port] = this;
}

FaultPlan::~FaultPlan() {
  std::lock_guard const lock{plans_mutex};
  plans.erase(port_);
}

/// Who waits for the peer on a connection that is gone is woken, as by the peer's kernel.
void FaultPlan::break_connection(Call call, int descriptor, std::uint64_t cookie) {
  failed_leg_ = local_port(descriptor) == port_ ? Leg::client : Leg::upstream;
  auto& broken = broken_[cookie];
  if (way_ == Way::reset || (way_ == Way::close && call == Call::send)) ::shutdown(descriptor, SHUT_RD);
  if (way_ == Way::reset) broken = {Way::reset, Way::close};
  if (way_ != Way::close && way_ != Way::stall) return;
  (call == Call::receive ? broken.receive : broken.send) = way_;
}

Way FaultPlan::next(Call call, int descriptor) {
  bool const due = !ended_ && ++calls_ == nth_;
  if (call == Call::accept || call == Call::pipe) return due ? way_ : Way::none;
  auto const cookie = cookie_of(descriptor);
  if (due && call != Call::connect) break_connection(call, descriptor, cookie);
  if (due) return way_;
  auto const found = broken_.find(cookie);
  if (found == broken_.end() || call == Call::connect) return Way::none;
  return call == Call::receive ? found->second.receive : found->second.send;
}

}  // namespace ambassador::faults

using ambassador::faults::FaultPlan;
using ambassador::faults::Way;

extern "C" {

ssize_t recv(int descriptor, void* data, size_t size, int flags) {
  static auto* const real = ambassador::faults::real<decltype(recv)>("recv");
  auto* const plan = ambassador::faults::plan_of_thread;
  switch (plan == nullptr ? Way::none : plan->next(FaultPlan::Call::receive, descriptor)) {
    case Way::reset: return ambassador::faults::fail(ECONNRESET);
    case Way::close: return 0;
    case Way::short_read: {
      auto const got = real(descriptor, data, 1, flags);
      ambassador::faults::report_again(descriptor);
      return got;
    }
    case Way::stall: return ambassador::faults::lose(descriptor, real);
    default: return real(descriptor, data, size, flags);
  }
}

ssize_t sendmsg(int descriptor, msghdr const* message, int flags) {
  static auto* const real = ambassador::faults::real<decltype(sendmsg)>("sendmsg");
  auto* const plan = ambassador::faults::plan_of_thread;
  switch (plan == nullptr ? Way::none : plan->next(FaultPlan::Call::send, descriptor)) {
    case Way::reset: return ambassador::faults::fail(ECONNRESET);
    case Way::close: return ambassador::faults::fail(EPIPE);
    case Way::stall: return ambassador::faults::fail(EAGAIN);
    case Way::short_write: {
      auto const* part = message->msg_iov;
      while (part->iov_len == 0) ++part;
      iovec first{part->iov_base, 1};
      msghdr one{};
      one.msg_iov = &first;
      one.msg_iovlen = 1;
      return real(descriptor, &one, flags);
    }
    default: return real(descriptor, message, flags);
  }
}

ssize_t send(int descriptor, void const* data, size_t size, int flags) {
  static auto* const real = ambassador::faults::real<decltype(send)>("send");
  if (ambassador::faults::plan_of_thread == nullptr) return real(descriptor, data, size, flags);
  iovec part{const_cast<void*>(data), size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  return sendmsg(descriptor, &message, flags);
}

ssize_t splice(int from, off64_t* from_at, int to, off64_t* to_at, size_t size, unsigned flags) {
  static auto* const real = ambassador::faults::real<decltype(splice)>("splice");
  static auto* const real_recv = ambassador::faults::real<decltype(recv)>("recv");
  auto* const plan = ambassador::faults::plan_of_thread;
  bool const receives = ambassador::faults::is_socket(from);
  auto const way = plan == nullptr ? Way::none
                   : receives      ? plan->next(FaultPlan::Call::receive, from)
                                   : plan->next(FaultPlan::Call::send, to);
  switch (way) {
    case Way::reset: return ambassador::faults::fail(ECONNRESET);
    case Way::close: return receives ? 0 : ambassador::faults::fail(EPIPE);
    case Way::stall: return receives ? ambassador::faults::lose(from, real_recv) : ambassador::faults::fail(EAGAIN);
    case Way::short_read:
    case Way::short_write: {
      auto const moved = real(from, from_at, to, to_at, 1, flags);
      if (receives) ambassador::faults::report_again(from);
      return moved;
    }
    default: return real(from, from_at, to, to_at, size, flags);
  }
}

int pipe2(int* ends, int flags) noexcept {
  static auto* const real = ambassador::faults::real<decltype(pipe2)>("pipe2");
  auto* const plan = ambassador::faults::plan_of_thread;
  bool const fails = plan != nullptr && plan->next(FaultPlan::Call::pipe, -1) != Way::none;
  return fails ? ambassador::faults::fail(EMFILE) : real(ends, flags);
}

int epoll_ctl(int set, int operation, int descriptor, epoll_event* event) noexcept {
  static auto* const real = ambassador::faults::real<decltype(epoll_ctl)>("epoll_ctl");
  if (operation == EPOLL_CTL_ADD) ambassador::faults::watches[descriptor] = {set, *event};
  return real(set, operation, descriptor, event);
}

int connect(int descriptor, sockaddr const* address, socklen_t size) {
  static auto* const real = ambassador::faults::real<decltype(connect)>("connect");
  auto* const plan = ambassador::faults::plan_of_thread;
  switch (plan == nullptr ? Way::none : plan->next(FaultPlan::Call::connect, descriptor)) {
    case Way::reset: return ambassador::faults::fail(ECONNREFUSED);
    case Way::close: return ambassador::faults::fail(ENETUNREACH);
    default: return real(descriptor, address, size);
  }
}

int accept4(int listening, sockaddr* address, socklen_t* size, int flags) {
  static auto* const real = ambassador::faults::real<decltype(accept4)>("accept4");
  auto* const plan = ambassador::faults::plan_of_listener(listening);
  switch (plan == nullptr ? Way::none : plan->next(FaultPlan::Call::accept, listening)) {
    case Way::reset: return ambassador::faults::fail(ECONNABORTED);
    case Way::close: return ambassador::faults::fail(EMFILE);
    case Way::stall: return ambassador::faults::fail(EAGAIN);
    default: return real(listening, address, size, flags);
  }
}

}  // extern "C"
