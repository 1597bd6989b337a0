#include "app/machine/worker_count.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>

namespace ambassador::app::machine {
namespace {

constexpr double without_quota = 2;
constexpr double at_least = 1;
constexpr double at_most = 4;

/// Both in microseconds.
std::optional<double> cores(std::int64_t quota, std::int64_t period) {
  if (quota <= 0 || period <= 0) return std::nullopt;
  return static_cast<double>(quota) / static_cast<double>(period);
}

void lower(std::optional<double>& least, std::optional<double> other) {
  if (other && (!least || *other < *least)) least = other;
}

}  // namespace

std::optional<double> read_cpu_max(std::string const& path) {
  std::ifstream file{path};
  std::int64_t quota = 0;  // stays 0 for `max`
  std::int64_t period = 0;
  if (!(file >> quota >> period)) return std::nullopt;
  return cores(quota, period);
}

std::optional<double> read_cfs_quota(std::string const& quota_path, std::string const& period_path) {
  std::ifstream quota_file{quota_path};
  std::ifstream period_file{period_path};
  std::int64_t quota = 0;  // -1: none
  std::int64_t period = 0;
  if (!(quota_file >> quota) || !(period_file >> period)) return std::nullopt;
  return cores(quota, period);
}

unsigned automatic_workers(std::string const& root, std::string const& self) {
  std::optional<double> quota;
  for (auto const& folder : cgroup_folders(root, self, {})) lower(quota, read_cpu_max(folder + "/cpu.max"));
  for (auto const& folder : cgroup_folders(root + "/cpu", self, "cpu")) {
    lower(quota, read_cfs_quota(folder + "/cpu.cfs_quota_us", folder + "/cpu.cfs_period_us"));
  }
  return static_cast<unsigned>(std::clamp(quota.value_or(without_quota), at_least, at_most));
}

}  // namespace ambassador::app::machine
