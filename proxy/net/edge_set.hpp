// Which of a worker's sockets are ready. Each is told to the kernel once, edge-triggered and for all events; a wait is then
// a matter of this process alone, and costs no system call. The set is an epoll instance that Asio watches as one
// descriptor; it is a service of the worker's io_context, and lives as long as that.
#pragma once

#include "net/wait_slot.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/intrusive/list.hpp>

#include <array>
#include <cstdint>

#include <sys/epoll.h>

namespace ambassador::net {

using Executor = boost::asio::io_context::executor_type;

class EdgeSet;

/// What is known of one descriptor, and who waits for it. What is believed ready may not be: who finds it blocked says so.
class Readiness : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  explicit Readiness(EdgeSet& edges) noexcept : edges_{edges} {}
  ~Readiness() { remove(); }
  Readiness(Readiness const&) = delete;
  Readiness& operator=(Readiness const&) = delete;

  /// Begins to watch an open descriptor. False where the kernel refuses: it then counts as broken.
  [[nodiscard]] bool add(int descriptor) noexcept;
  /// Before the descriptor is closed. Waits end with operation_aborted.
  void remove() noexcept;

  /// Something may be there to read: bytes, an end or an error.
  [[nodiscard]] bool readable() const noexcept { return (seen_ & (EPOLLIN | ended)) != 0; }
  [[nodiscard]] bool writable() const noexcept { return (seen_ & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0; }
  /// All there was has been read, as a read that would block says, or one that got less than it asked for.
  void has_been_read() noexcept { seen_ &= ~std::uint32_t{EPOLLIN}; }
  /// There is more than the socket tells of: it has been received already, and waits elsewhere.
  void has_more_to_read() noexcept { seen_ |= EPOLLIN; }
  void cannot_be_written() noexcept { seen_ &= ~std::uint32_t{EPOLLOUT}; }
  /// Whether a read that got less than it asked for has got all: not beside urgent data, where reads stop at the mark.
  [[nodiscard]] bool reads_are_whole() const noexcept { return (seen_ & EPOLLPRI) == 0; }

  template <class Handler>
  void wait_readable(Handler&& handler) {
    wait(in_, readable(), std::forward<Handler>(handler));
  }
  template <class Handler>
  void wait_writable(Handler&& handler) {
    wait(out_, writable(), std::forward<Handler>(handler));
  }
  [[nodiscard]] bool somebody_waits_to_write() const noexcept { return out_.waits(); }
  /// Ends the waits under way with operation_aborted.
  void cancel() noexcept;

  [[nodiscard]] EdgeSet& edges() const noexcept { return edges_; }

 private:
  friend class EdgeSet;

  static constexpr std::uint32_t ended = EPOLLRDHUP | EPOLLHUP | EPOLLERR;  ///< stays true once it is

  template <class Handler>
  void wait(WaitSlot& slot, bool ready, Handler&& handler);

  EdgeSet& edges_;
  std::uint32_t seen_ = 0;  ///< epoll's events, those that may still hold
  int descriptor_ = -1;
  WaitSlot in_;
  WaitSlot out_;
};

class EdgeSet : public boost::asio::execution_context::service {
 public:
  using key_type = EdgeSet;
  static constexpr std::size_t batch_size = 64;  ///< events taken at once, before other work gets its turn

  /// That of the io_context behind `executor`.
  static EdgeSet& of(Executor executor) { return boost::asio::use_service<EdgeSet>(executor.context()); }

  explicit EdgeSet(boost::asio::execution_context& context);

  [[nodiscard]] Executor executor() { return descriptor_.get_executor(); }

  static boost::asio::execution_context::id id;

 private:
  friend class Readiness;

  void shutdown() override;
  [[nodiscard]] bool add(Readiness& readiness, int descriptor) noexcept;
  /// Neither events that were taken and not dispatched yet, nor later ones, find it any more.
  void forget(Readiness const& readiness) noexcept;
  void watch();
  void dispatch();
  void dispatch(Readiness& readiness, std::uint32_t events);

  boost::asio::posix::basic_stream_descriptor<Executor> descriptor_;
  bool watched_ = false;
  boost::intrusive::list<Readiness, boost::intrusive::constant_time_size<false>> members_;
  std::array<epoll_event, batch_size> batch_{};
  std::size_t taken_ = 0;
  std::size_t next_ = 0;
  Readiness const* current_ = nullptr;
};

template <class Handler>
void Readiness::wait(WaitSlot& slot, bool ready, Handler&& handler) {
  slot.put(std::forward<Handler>(handler));
  if (ready) slot.post(edges_.executor(), {});
}

}  // namespace ambassador::net
