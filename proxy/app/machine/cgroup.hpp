// Where the kernel keeps what this process may use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ambassador::app::machine {

inline constexpr char cgroup_root[] = "/sys/fs/cgroup";
inline constexpr char own_cgroups[] = "/proc/self/cgroup";  ///< cgroups(7)

/// The folder of this process's cgroup below `root`, then each one above it, and `root` last: a limit holds for all below it,
/// and inside a container the process's own group may be the root of what it sees. `controller` is of version 1, and part of
/// `root` is its folder; empty for version 2. `self` is a file such as `own_cgroups`.
std::vector<std::string> cgroup_folders(std::string const& root, std::string const& self, std::string_view controller);

}  // namespace ambassador::app::machine
