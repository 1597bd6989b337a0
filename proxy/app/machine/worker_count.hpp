// How many workers there are if the configuration does not say.
#pragma once

#include "app/machine/cgroup.hpp"

#include <optional>
#include <string>

namespace ambassador::app::machine {

/// Cores, as cgroup v2's cpu.max (`QUOTA PERIOD`, or `max PERIOD`) allows; nothing without a quota, or for what is neither.
std::optional<double> read_cpu_max(std::string const& path);
/// The same of cgroup v1's cpu.cfs_quota_us and cpu.cfs_period_us.
std::optional<double> read_cfs_quota(std::string const& quota_path, std::string const& period_path);

/// `workers: auto`: one per whole core of the cgroup's quota, 2 without a quota, 1 at least and 4 at most.
unsigned automatic_workers(std::string const& root = cgroup_root, std::string const& self = own_cgroups);

}  // namespace ambassador::app::machine
