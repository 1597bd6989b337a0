#include "observe/process_metrics.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

namespace ambassador::observe {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

void add(std::vector<MetricFamily>& out, char const* name, char const* help, MetricType type, double value) {
  prometheus::ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  out.push_back({name, help, type, {std::move(metric)}});
}

/// What /proc/self/stat says, proc(5); times in clock ticks, sizes in bytes and pages.
struct Stat {
  double user_ticks = 0;
  double system_ticks = 0;
  double start_ticks = 0;
  double virtual_bytes = 0;
  double resident_pages = 0;
};

std::optional<Stat> read_stat() {
  std::ifstream file{"/proc/self/stat"};
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  auto const name_end = line.rfind(')');  // the name may hold blanks and brackets
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest{line.substr(name_end + 1)};
  // After the name comes field 3. Of these: 14 utime, 15 stime, 22 starttime, 23 vsize, 24 rss.
  std::vector<std::string> const fields{std::istream_iterator<std::string>{rest}, {}};
  constexpr std::size_t first = 3;
  if (fields.size() <= 24 - first) return std::nullopt;
  auto const field = [&](std::size_t number) { return std::stod(fields[number - first]); };
  return Stat{field(14), field(15), field(22), field(23), field(24)};
}

/// When the machine started, in seconds since the epoch.
std::optional<double> read_boot_time() {
  std::ifstream file{"/proc/stat"};
  for (std::string key; file >> key;) {
    double value = 0;
    if (key == "btime" && file >> value) return value;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

std::optional<double> count_open_descriptors() {
  std::unique_ptr<DIR, int (*)(DIR*)> const directory{opendir("/proc/self/fd"), closedir};
  if (!directory) return std::nullopt;
  int count = 0;
  while (dirent const* const entry = readdir(directory.get())) count += entry->d_name[0] != '.' ? 1 : 0;
  return count - 1;  // the directory itself
}

void add_stat(std::vector<MetricFamily>& out, Stat const& stat) {
  auto const ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  add(out, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", MetricType::Counter,
      (stat.user_ticks + stat.system_ticks) / ticks);
  add(out, "process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::Gauge,
      stat.resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
  add(out, "process_virtual_memory_bytes", "Virtual memory size in bytes.", MetricType::Gauge, stat.virtual_bytes);
  if (auto const boot = read_boot_time()) {
    add(out, "process_start_time_seconds", "Start time of the process since the Unix epoch in seconds.", MetricType::Gauge,
        *boot + stat.start_ticks / ticks);
  }
}

}  // namespace

void append_process_families(std::vector<MetricFamily>& out) {
  if (auto const stat = read_stat()) add_stat(out, *stat);
  if (auto const open = count_open_descriptors()) {
    add(out, "process_open_fds", "Number of open file descriptors.", MetricType::Gauge, *open);
  }
  if (rlimit limit{}; getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    add(out, "process_max_fds", "Maximum number of open file descriptors.", MetricType::Gauge,
        static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace ambassador::observe
