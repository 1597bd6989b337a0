#include "app/machine/memory_ceiling.hpp"

#include <algorithm>
#include <fstream>
#include <limits>

namespace ambassador::app::machine {
namespace {

/// A number alone in a file; nothing for `max`.
std::optional<std::uint64_t> read_number(std::string const& path) {
  std::ifstream file{path};
  std::uint64_t value = 0;
  if (!(file >> value)) return std::nullopt;
  return value;
}

std::uint64_t read_inactive_file(std::string const& path) {
  std::ifstream file{path};
  std::string key;
  std::uint64_t value = 0;
  while (file >> key >> value) {
    if (key == "inactive_file" || key == "total_inactive_file") return value;
  }
  return 0;
}

/// cgroup v1 says "no limit" by a number near the largest.
bool is_limit(std::uint64_t bytes) noexcept { return bytes < std::numeric_limits<std::int64_t>::max() / 2; }

CgroupFiles files_in(std::string const& folder, bool v2) {
  if (v2) return {folder + "/memory.max", folder + "/memory.current", folder + "/memory.stat"};
  return {folder + "/memory.limit_in_bytes", folder + "/memory.usage_in_bytes", folder + "/memory.stat"};
}

}  // namespace

bool refuses_work(MemoryUse const& use, bool refusing) noexcept {
  auto const share = static_cast<double>(use.used) / static_cast<double>(std::max<std::uint64_t>(use.limit, 1));
  return share >= (refusing ? accept_below : refuse_from);
}

/// The nearest limit: the one of the Pod above matters where the container has none.
std::optional<CgroupFiles> find_memory_cgroup(std::string const& root, std::string const& self) {
  for (bool const v2 : {true, false}) {
    for (auto const& folder : cgroup_folders(v2 ? root : root + "/memory", self, v2 ? "" : "memory")) {
      auto const files = files_in(folder, v2);
      if (read_memory(files)) return files;
    }
  }
  return std::nullopt;
}

std::optional<MemoryUse> read_memory(CgroupFiles const& files) {
  auto const limit = read_number(files.limit);
  auto const used = read_number(files.used);
  if (!limit || !used || !is_limit(*limit)) return std::nullopt;
  return MemoryUse{*used - std::min(*used, read_inactive_file(files.details)), *limit};
}

bool MemoryCeiling::sample() {
  if (!files_) return false;
  auto const use = read_memory(*files_);
  bool const before = refusing_.load(std::memory_order_relaxed);
  bool const after = use && refuses_work(*use, before);
  refusing_.store(after, std::memory_order_relaxed);
  return before != after;
}

}  // namespace ambassador::app::machine
