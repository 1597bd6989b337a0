#include "net/edge_set.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>

namespace ambassador::net {
namespace asio = boost::asio;

namespace {

int open_epoll() {
  int const descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) throw boost::system::system_error{errno, boost::system::system_category(), "epoll_create1"};
  return descriptor;
}

}  // namespace

bool Readiness::add(int descriptor) noexcept { return edges_.add(*this, descriptor); }

void Readiness::remove() noexcept {
  if (!is_linked()) return;
  unlink();
  edges_.forget(*this);
  seen_ = 0;
  cancel();
}

void Readiness::cancel() noexcept {
  in_.post(edges_.executor(), asio::error::operation_aborted);
  out_.post(edges_.executor(), asio::error::operation_aborted);
}

asio::execution_context::id EdgeSet::id;

EdgeSet::EdgeSet(asio::execution_context& context)
    : service{context}, descriptor_{static_cast<asio::io_context&>(context).get_executor(), open_epoll()} {}

/// The io_context ends, and with it all who wait: a coroutine may own the stream that it waits for.
void EdgeSet::shutdown() {
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  while (!members_.empty()) {
    auto& first = members_.front();
    if (first.in_.waits()) {
      first.in_.drop();  // `first` may be gone
    } else if (first.out_.waits()) {
      first.out_.drop();
    } else {
      first.unlink();
    }
  }
}

bool EdgeSet::add(Readiness& readiness, int descriptor) noexcept {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
  event.data.ptr = &readiness;
  if (::epoll_ctl(descriptor_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
    readiness.seen_ = EPOLLERR;  // who waits for it finds out
    return false;
  }
  readiness.descriptor_ = descriptor;
  members_.push_back(readiness);
  if (!watched_) watch();
  return true;
}

void EdgeSet::forget(Readiness const& readiness) noexcept {
  ::epoll_ctl(descriptor_.native_handle(), EPOLL_CTL_DEL, readiness.descriptor_, nullptr);
  if (current_ == &readiness) current_ = nullptr;
  for (auto i = next_; i < taken_; ++i) {
    if (batch_[i].data.ptr == &readiness) batch_[i].data.ptr = nullptr;
  }
}

void EdgeSet::watch() {
  watched_ = true;
  descriptor_.async_wait(asio::posix::descriptor_base::wait_read, [this](boost::system::error_code const& failed) {
    if (!failed) dispatch();
  });
}

void EdgeSet::dispatch() {
  int const count = ::epoll_wait(descriptor_.native_handle(), batch_.data(), batch_size, 0);
  taken_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  for (next_ = 0; next_ < taken_;) {
    auto const& event = batch_[next_++];
    if (event.data.ptr != nullptr) dispatch(*static_cast<Readiness*>(event.data.ptr), event.events);
  }
  taken_ = 0;
  watch();
}

void EdgeSet::dispatch(Readiness& readiness, std::uint32_t events) {
  current_ = &readiness;
  readiness.seen_ |= events;
  if (readiness.in_.waits() && readiness.readable()) readiness.in_.call();
  // Whoever was called may have closed it.
  if (current_ == &readiness && readiness.out_.waits() && readiness.writable()) readiness.out_.call();
  current_ = nullptr;
}

}  // namespace ambassador::net
