#include "app/machine/cgroup.hpp"

#include <fstream>

namespace ambassador::app::machine {
namespace {

/// Whether a list such as `cpu,cpuacct` has it.
bool names(std::string_view list, std::string_view controller) {
  for (;;) {
    auto const comma = list.find(',');
    if (list.substr(0, comma) == controller) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

/// `0::/path` (version 2), or `N:controllers:/path` (version 1).
std::string own_path(std::string const& self, std::string_view controller) {
  std::ifstream file{self};
  std::string line;
  while (std::getline(file, line)) {
    auto const first = line.find(':');
    auto const second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    if (names(std::string_view{line}.substr(first + 1, second - first - 1), controller)) return line.substr(second + 1);
  }
  return {};
}

}  // namespace

std::vector<std::string> cgroup_folders(std::string const& root, std::string const& self, std::string_view controller) {
  std::vector<std::string> folders;
  auto path = own_path(self, controller);
  while (path.size() > 1) {
    folders.push_back(root + path);
    path.erase(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
  folders.push_back(root);
  return folders;
}

}  // namespace ambassador::app::machine
