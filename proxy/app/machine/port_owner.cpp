#include "app/machine/port_owner.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>

namespace ambassador::app::machine {
namespace {

namespace fs = std::filesystem;
constexpr char listening[] = "0A";  // TCP_LISTEN, as /proc/net/tcp prints it

/// Inodes of the sockets that listen on `port`.
std::set<std::string> listening_inodes(unsigned short port) {
  std::set<std::string> inodes;
  auto const suffix = fmt::format(":{:04X}", port);
  for (auto const* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file{path};
    std::string line;
    while (std::getline(file, line)) {
      std::istringstream fields{line};
      std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
      fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode;
      if (state == listening && local.ends_with(suffix)) inodes.insert("socket:[" + inode + ']');
    }
  }
  return inodes;
}

bool holds_one_of(fs::path const& process, std::set<std::string> const& inodes) {
  std::error_code failed;
  for (fs::directory_iterator entry{process / "fd", failed}, end; !failed && entry != end; entry.increment(failed)) {
    std::error_code unreadable;
    if (inodes.contains(fs::read_symlink(entry->path(), unreadable).string())) return true;
  }
  return false;
}

}  // namespace

std::string describe_port_owner(boost::asio::ip::tcp::endpoint const& endpoint) {
  auto const inodes = listening_inodes(endpoint.port());
  if (inodes.empty()) return {};
  std::error_code failed;
  for (fs::directory_iterator entry{"/proc", failed}, end; !failed && entry != end; entry.increment(failed)) {
    auto const pid = entry->path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos || !holds_one_of(entry->path(), inodes)) continue;
    std::ifstream file{entry->path() / "comm"};
    std::string name;
    std::getline(file, name);
    return fmt::format(", by {} (pid {})", name, pid);
  }
  return {};
}

}  // namespace ambassador::app::machine
