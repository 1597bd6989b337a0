// How near the process's cgroup is to its memory limit. Near it, new work is refused while what runs goes on: an answer
// of 503 is better than the kernel's kill. What the kernel could take back at once (clean file pages) does not count.
#pragma once

#include "app/machine/cgroup.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

namespace ambassador::app::machine {

/// New work is refused from this share of the limit on, and taken again below the second.
inline constexpr double refuse_from = 0.90;
inline constexpr double accept_below = 0.85;

struct MemoryUse {
  std::uint64_t used = 0;   ///< bytes, without what can be reclaimed
  std::uint64_t limit = 0;  ///< bytes
};

/// Whether new work is refused, given whether it was so far.
bool refuses_work(MemoryUse const& use, bool refusing) noexcept;

/// The files of one cgroup, version 2 or 1.
struct CgroupFiles {
  std::string limit;    ///< memory.max, or memory.limit_in_bytes
  std::string used;     ///< memory.current, or memory.usage_in_bytes
  std::string details;  ///< memory.stat: `inactive_file`
};

/// Returns the files of this process's cgroup, or nullopt if there is no limit, or none can be read.
std::optional<CgroupFiles> find_memory_cgroup(std::string const& root = cgroup_root, std::string const& self = own_cgroups);

/// Returns nullopt if a file cannot be read or there is no limit.
std::optional<MemoryUse> read_memory(CgroupFiles const& files);

/// Sampled by one thread, read by all.
class MemoryCeiling {
 public:
  explicit MemoryCeiling(std::optional<CgroupFiles> files) : files_{std::move(files)} {}

  /// Returns true if the answer has changed.
  bool sample();
  [[nodiscard]] std::atomic<bool> const& refusing() const noexcept { return refusing_; }

 private:
  std::optional<CgroupFiles> files_;
  std::atomic<bool> refusing_{false};
};

}  // namespace ambassador::app::machine
