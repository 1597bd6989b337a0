#include "observe/descriptor_sink.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace ambassador::observe {

DescriptorSink::DescriptorSink(int descriptor, std::function<bool()> may_wait)
    : descriptor_{descriptor}, kind_{kind_of(descriptor)}, may_wait_{std::move(may_wait)} {}

DescriptorSink::Kind DescriptorSink::kind_of(int descriptor) noexcept {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return Kind::pipe;
  if (S_ISREG(status.st_mode)) return Kind::file;
  return S_ISSOCK(status.st_mode) ? Kind::socket : Kind::pipe;
}

void DescriptorSink::sink_it_(spdlog::details::log_msg const& batch) {
  std::string_view const lines{batch.payload.data(), batch.payload.size()};
  if (is_torn_) is_torn_ = !write_all("\n").empty();
  auto const rest = is_torn_ ? lines : write_all(lines);
  if (rest.empty()) return;
  lost_lines_ += static_cast<std::uint64_t>(std::count(rest.begin(), rest.end(), '\n'));
  if (rest.size() < lines.size()) is_torn_ = lines[lines.size() - rest.size() - 1] != '\n';
}

std::string_view DescriptorSink::write_all(std::string_view rest) const {
  while (!rest.empty()) {
    if (long const written = write_some(rest); written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for_room()) break;
    } else if (errno != EINTR) {
      break;
    }
  }
  return rest;
}

long DescriptorSink::write_some(std::string_view bytes) const noexcept {
  if (kind_ == Kind::socket) return send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (kind_ == Kind::file) return write(descriptor_, bytes.data(), bytes.size());
  // O_NONBLOCK would be seen by all who share the pipe. A pipe that poll calls writable takes PIPE_BUF bytes at once.
  pollfd room{descriptor_, POLLOUT, 0};
  int const ready = poll(&room, 1, 0);
  if (ready < 0) return -1;
  if (ready == 0) {
    errno = EAGAIN;
    return -1;
  }
  return write(descriptor_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
}

bool DescriptorSink::wait_for_room() const {
  if (!may_wait_()) return false;
  pollfd room{descriptor_, POLLOUT, 0};
  poll(&room, 1, static_cast<int>(wait_slice.count()));
  return true;
}

}  // namespace ambassador::observe
