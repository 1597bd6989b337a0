#include "command/child_program.hpp"

#include "base/error.hpp"
#include "net/now.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <utility>

#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ambassador::command {
namespace {

/// A file in memory: neither side waits for the other, as with a pipe.
class Memory {
 public:
  Memory() : descriptor_{::memfd_create("ambassador", MFD_CLOEXEC)} {}
  ~Memory() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Memory(Memory const&) = delete;
  Memory& operator=(Memory const&) = delete;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  /// Puts `text` there, to be read from its beginning.
  bool fill(std::string_view text) const noexcept {
    while (!text.empty()) {
      auto const written = ::write(descriptor_, text.data(), text.size());
      if (written < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::lseek(descriptor_, 0, SEEK_SET) == 0;
  }

  [[nodiscard]] std::string text() const {
    std::string all;
    std::array<char, 4096> part{};
    ssize_t count = 0;
    while ((count = ::pread(descriptor_, part.data(), part.size(), static_cast<off_t>(all.size()))) > 0) {
      all.append(part.data(), static_cast<std::size_t>(count));
    }
    return all;
  }

 private:
  int descriptor_;
};

/// Starts it with these three as its standard descriptors; 0, or an errno.
int spawn(std::vector<std::string>& argv, std::array<int, 3> const& standard, pid_t& child) {
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (auto& argument : argv) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  if (int const failed = ::posix_spawn_file_actions_init(&actions)) return failed;
  int status = 0;
  for (int target = 0; target < 3 && status == 0; ++target) {
    status = ::posix_spawn_file_actions_adddup2(&actions, standard[static_cast<std::size_t>(target)], target);
  }
  if (status == 0) status = ::posix_spawn(&child, arguments.front(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return status;
}

/// Waits until the descriptor can be read; false where the limit came first, however often a signal came in between.
bool is_ready_in_time(int descriptor, std::chrono::milliseconds limit) {
  auto const deadline = net::now() + limit;
  pollfd watched{descriptor, POLLIN, 0};
  while (true) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - net::now());
    int const ready = ::poll(&watched, 1, static_cast<int>(std::max(left.count(), std::int64_t{0})));
    if (ready >= 0 || errno != EINTR) return ready == 1;
  }
}

/// Whether it ended by itself in time. Where not, or where that cannot be told, it is killed.
bool ends_in_time(pid_t child, std::chrono::milliseconds limit) {
  // By number: the <sys/pidfd.h> of glibc 2.36 declares it with the linkage of C++.
  int const descriptor = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  bool ended = false;
  if (descriptor >= 0) {
    ended = is_ready_in_time(descriptor, limit);
    ::close(descriptor);
  }
  if (!ended) ::kill(child, SIGKILL);
  return ended;
}

int wait_status(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::optional<std::string> find_program(std::string_view name, std::string_view path) {
  while (!path.empty()) {
    auto const directory = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(path.size(), directory.size() + 1));
    if (!directory.starts_with('/')) continue;  // never from where we happen to stand
    auto candidate = std::string{directory} + '/' + std::string{name};
    struct stat found {};
    if (::stat(candidate.c_str(), &found) == 0 && S_ISREG(found.st_mode) && ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return std::nullopt;
}

boost::system::result<ChildOutcome> run_program(std::vector<std::string> argv, std::string_view input,
                                                std::chrono::milliseconds limit) {
  Memory in, out, err;
  if (in.descriptor() < 0 || out.descriptor() < 0 || err.descriptor() < 0 || !in.fill(input)) return errno_code(errno);
  pid_t child = 0;
  if (int const failed = spawn(argv, {in.descriptor(), out.descriptor(), err.descriptor()}, child)) return errno_code(failed);
  bool const in_time = ends_in_time(child, limit);
  ChildOutcome outcome{wait_status(child), out.text(), err.text()};
  if (!in_time) return errno_code(ETIMEDOUT);
  return outcome;
}

}  // namespace ambassador::command
