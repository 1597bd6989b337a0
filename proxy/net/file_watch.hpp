// Files that may change while we run: certificates, keys, secrets. They are looked at by `stat` once a second, symbolic links
// followed, and not by inotify: Kubernetes swaps a link above them, and others put new files in place of the old.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ambassador::net {

/// Everything happens on the io_context's thread. Nothing is called any more once the watch is gone.
class FileWatch {
 public:
  static constexpr std::chrono::seconds usual_interval{1};

  explicit FileWatch(boost::asio::io_context& context, std::chrono::milliseconds interval = usual_interval);
  ~FileWatch();
  FileWatch(FileWatch const&) = delete;
  FileWatch& operator=(FileWatch const&) = delete;

  /// Calls `changed()` whenever one of the files is another than at the last call, or than now, and has been the same for
  /// one interval: a pair of files that is just being written is not read. A file that vanishes or appears has changed.
  /// The number is for `forget`.
  std::uint64_t watch(std::vector<std::string> paths, std::function<void()> changed);
  /// Its `changed` is not called any more; it may be the caller.
  void forget(std::uint64_t number) noexcept;

  /// False once the watch is gone.
  [[nodiscard]] std::shared_ptr<bool const> alive() const noexcept { return alive_; }

 private:
  /// What tells a file from another, and from itself before it was written to. All 0: there is none.
  struct Look {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t seconds = 0;  ///< of the last write
    std::int64_t nanoseconds = 0;
    bool operator==(Look const&) const = default;
  };
  using Looks = std::vector<Look>;

  struct Group {
    std::uint64_t number = 0;  ///< 0: forgotten
    std::vector<std::string> paths;
    std::function<void()> changed;
    Looks known;  ///< at the last call
    Looks last;   ///< an interval ago
  };

  [[nodiscard]] static Look look_at(std::string const& path);
  [[nodiscard]] static Looks look_at(std::vector<std::string> const& paths);
  void wait();
  void look();

  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    boost::asio::io_context::executor_type>
      timer_;
  std::chrono::milliseconds interval_;
  std::vector<std::unique_ptr<Group>> groups_;  ///< `changed` may call `watch`
  std::uint64_t last_number_ = 0;
  bool waiting_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< `changed` may end the watch
};

}  // namespace ambassador::net
