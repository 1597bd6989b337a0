#include "net/splice_pipe.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace ambassador::net {

namespace {

constexpr int closed = -1;

}  // namespace

bool cannot_splice(boost::system::error_code const& code) noexcept {
  if (code.category() != boost::system::system_category()) return false;
  auto const value = code.value();
  return value == EINVAL || value == ENOSYS || value == EOPNOTSUPP || value == EPERM || value == ENOMEM;
}

std::optional<SplicePipe> SplicePipe::open() noexcept {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) return std::nullopt;
  auto capacity = ::fcntl(ends[1], F_SETPIPE_SZ, pipe_bytes);
  if (capacity < 0) capacity = ::fcntl(ends[1], F_GETPIPE_SZ);
  SplicePipe pipe{ends[0], ends[1], static_cast<std::size_t>(capacity < 0 ? 0 : capacity)};
  if (capacity < least_pipe_bytes) return std::nullopt;
  return pipe;
}

SplicePipe::SplicePipe(SplicePipe&& other) noexcept
    : read_end_{std::exchange(other.read_end_, closed)},
      write_end_{std::exchange(other.write_end_, closed)},
      capacity_{other.capacity_},
      bytes_{std::exchange(other.bytes_, 0)} {}

SplicePipe::~SplicePipe() {
  if (read_end_ != closed) ::close(read_end_);
  if (write_end_ != closed) ::close(write_end_);
}

std::string_view SplicePipe::read(std::span<char> into) noexcept {
  auto const got = ::read(read_end_, into.data(), into.size());
  if (got <= 0) return {};
  drained(static_cast<std::size_t>(got));
  return {into.data(), static_cast<std::size_t>(got)};
}

boost::asio::execution_context::id SplicePipes::id;

std::optional<SplicePipes::Lease> SplicePipes::take() noexcept {
  if (lent_ == max_pipes) return std::nullopt;
  if (!idle_.empty()) {
    ++lent_;
    Lease lease{*this, std::move(idle_.back())};
    idle_.pop_back();
    return lease;
  }
  auto opened = SplicePipe::open();
  if (!opened) return std::nullopt;
  ++lent_;
  return Lease{*this, std::move(*opened)};
}

void SplicePipes::give_back(SplicePipe pipe) noexcept {
  --lent_;
  if (pipe.bytes() == 0 && idle_.size() < max_pooled_pipes) idle_.push_back(std::move(pipe));
}

}  // namespace ambassador::net
