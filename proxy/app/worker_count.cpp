#include "app/app.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace ambassador::app {
namespace {

constexpr unsigned without_quota = 2;
constexpr unsigned at_most = 4;

/// Cores that cgroup v2's cpu.max allows, or 0 without a quota. The file holds "QUOTA PERIOD" or "max PERIOD".
unsigned quota_v2(char const* path) {
  std::ifstream file{path};
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 0;
  return static_cast<unsigned>(std::max(1.0, std::stod(quota) / period));
}

unsigned quota_v1(char const* quota_path, char const* period_path) {
  double quota = 0;
  double period = 0;
  if (!(std::ifstream{quota_path} >> quota) || !(std::ifstream{period_path} >> period) || quota <= 0 || period <= 0) return 0;
  return static_cast<unsigned>(std::max(1.0, quota / period));
}

}  // namespace

unsigned automatic_workers() {
  auto quota = quota_v2("/sys/fs/cgroup/cpu.max");
  if (quota == 0) quota = quota_v1("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  return std::min(quota == 0 ? without_quota : quota, at_most);
}

}  // namespace ambassador::app
