// Pipes for splice(2): bytes that go from one socket to another without being copied through the process. A pipe is lent
// while bytes are in flight, and only then; the pool is a service of the worker's io_context, and lives as long as that.
// Who sends from a pipe must ignore SIGPIPE: splice has no MSG_NOSIGNAL.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace ambassador::net {

/// What a pipe is asked to hold. The kernel may give less to who is not root (`fs.pipe-user-pages-soft`).
inline constexpr int pipe_bytes = 1024 * 1024;
/// A pipe that holds less is dearer than copying, and is not used.
inline constexpr int least_pipe_bytes = 64 * 1024;
/// Empty pipes that one worker keeps: they cost two descriptors each, and no memory to speak of.
inline constexpr std::size_t max_pooled_pipes = 8;
/// Pipes of one worker that hold bytes at a time, each for a peer that does not take them: who comes then copies.
inline constexpr std::size_t max_pipes = 32;

/// Whether the kernel says that it does not splice here, or not now: nothing is wrong with the connection.
[[nodiscard]] bool cannot_splice(boost::system::error_code const& code) noexcept;

/// A pipe of our own, both its ends, and how much is in it.
class SplicePipe {
 public:
  /// None where the kernel has no descriptors left, or gives less than `least_pipe_bytes`.
  static std::optional<SplicePipe> open() noexcept;

  SplicePipe(SplicePipe&& other) noexcept;
  SplicePipe& operator=(SplicePipe&&) = delete;
  ~SplicePipe();

  [[nodiscard]] int read_end() const noexcept { return read_end_; }
  [[nodiscard]] int write_end() const noexcept { return write_end_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  /// Bytes in it.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  void filled(std::size_t bytes) noexcept { bytes_ += bytes; }
  void drained(std::size_t bytes) noexcept { bytes_ -= bytes; }

  /// Takes bytes out by copying them; empty where there are none.
  [[nodiscard]] std::string_view read(std::span<char> into) noexcept;

 private:
  SplicePipe(int read_end, int write_end, std::size_t capacity) noexcept
      : read_end_{read_end}, write_end_{write_end}, capacity_{capacity} {}

  int read_end_;
  int write_end_;
  std::size_t capacity_;
  std::size_t bytes_ = 0;
};

class SplicePipes : public boost::asio::execution_context::service {
 public:
  using key_type = SplicePipes;

  /// A pipe that goes back when this ends: kept if it is empty, closed if not.
  class Lease {
   public:
    Lease(SplicePipes& pipes, SplicePipe pipe) noexcept : pipes_{&pipes}, pipe_{std::move(pipe)} {}
    Lease(Lease&& other) noexcept : pipes_{std::exchange(other.pipes_, nullptr)}, pipe_{std::move(other.pipe_)} {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pipes_ != nullptr) pipes_->give_back(std::move(pipe_));
    }
    [[nodiscard]] SplicePipe& operator*() noexcept { return pipe_; }
    [[nodiscard]] SplicePipe* operator->() noexcept { return &pipe_; }

   private:
    SplicePipes* pipes_;
    SplicePipe pipe_;
  };

  /// Those of the io_context behind `executor`.
  static SplicePipes& of(boost::asio::io_context::executor_type executor) {
    return boost::asio::use_service<SplicePipes>(executor.context());
  }

  explicit SplicePipes(boost::asio::execution_context& context) : service{context} { idle_.reserve(max_pooled_pipes); }

  /// An empty pipe; none where `max_pipes` are lent, or none can be opened.
  [[nodiscard]] std::optional<Lease> take() noexcept;

  [[nodiscard]] std::size_t lent() const noexcept { return lent_; }
  [[nodiscard]] std::size_t idle() const noexcept { return idle_.size(); }

  static boost::asio::execution_context::id id;

 private:
  void shutdown() override { idle_.clear(); }
  void give_back(SplicePipe pipe) noexcept;

  std::vector<SplicePipe> idle_;
  std::size_t lent_ = 0;
};

}  // namespace ambassador::net
