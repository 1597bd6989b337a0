#include "net/file_watch.hpp"

#include <utility>

#include <sys/stat.h>

namespace ambassador::net {

FileWatch::FileWatch(boost::asio::io_context& context, std::chrono::milliseconds interval)
    : timer_{context.get_executor()}, interval_{interval} {}

FileWatch::~FileWatch() { *alive_ = false; }

std::uint64_t FileWatch::watch(std::vector<std::string> paths, std::function<void()> changed) {
  auto const now = look_at(paths);
  groups_.push_back(std::make_unique<Group>(Group{++last_number_, std::move(paths), std::move(changed), now, now}));
  if (!waiting_) wait();
  return last_number_;
}

/// It goes with the next look: its `changed` may be what runs now.
void FileWatch::forget(std::uint64_t number) noexcept {
  for (auto& group : groups_) {
    if (group->number == number) group->number = 0;
  }
}

FileWatch::Look FileWatch::look_at(std::string const& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

FileWatch::Looks FileWatch::look_at(std::vector<std::string> const& paths) {
  Looks looks;
  looks.reserve(paths.size());
  for (auto const& path : paths) looks.push_back(look_at(path));
  return looks;
}

void FileWatch::wait() {
  waiting_ = true;
  timer_.expires_after(interval_);
  timer_.async_wait([this, alive = alive_](boost::system::error_code const& failed) {
    if (failed || !*alive) return;
    look();
    if (*alive) wait();
  });
}

void FileWatch::look() {
  auto const alive = alive_;
  std::erase_if(groups_, [](auto const& group) { return group->number == 0; });
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    auto& group = *groups_[i];
    if (group.number == 0) continue;
    auto now = look_at(group.paths);
    bool const stable = now == group.last;
    group.last = now;
    if (!stable || now == group.known) continue;
    group.known = std::move(now);
    group.changed();
    if (!*alive) return;
  }
}

}  // namespace ambassador::net
