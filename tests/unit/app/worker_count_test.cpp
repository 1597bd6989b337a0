#include "app/machine/worker_count.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include <unistd.h>

namespace ambassador::app::machine::worker_count_test {
namespace {

class WorkerCountTest : public testing::Test {
 protected:
  ~WorkerCountTest() override { std::filesystem::remove_all(root); }

  void write(std::string const& name, std::string const& text) const {
    std::filesystem::create_directories((root / name).parent_path());
    std::ofstream{root / name} << text;
  }
  [[nodiscard]] unsigned count() const { return automatic_workers(root.string(), (root / "self").string()); }

  std::filesystem::path const root = std::filesystem::temp_directory_path() / ("ambassador-cpu-" + std::to_string(::getpid()));
};

struct QuotaRow {
  std::string quota;
  unsigned workers;
};

TEST_F(WorkerCountTest, follows_the_quota_of_version_2) {
  std::vector<QuotaRow> const rows = {
      {"max 100000\n", 2},   {"100000 100000\n", 1},         {"50000 100000\n", 1}, {"1000 100000\n", 1},
      {"199999 100000", 1},  {"200000 100000\n", 2},         {"300000 100000", 3},  {"400000 100000", 4},
      {"6400000 100000", 4}, {"9223372036854775807 1\n", 4}, {"150000 50000", 3},
  };
  for (auto const& row : rows) {
    write("cpu.max", row.quota);
    EXPECT_EQ(count(), row.workers) << row.quota;
  }
}

TEST_F(WorkerCountTest, takes_what_is_no_quota_for_none) {
  for (auto const* text : {"", "\n", "max", "100000", "many 100000", "100000 many", "100000 0", "0 100000", "-1 100000",
                           "100000 -5", "nan nan", "99999999999999999999999 100000", "\xff\xfe 1"}) {
    write("cpu.max", text);
    EXPECT_EQ(count(), 2U) << text;
  }
}

TEST_F(WorkerCountTest, follows_the_quota_of_version_1) {
  std::vector<QuotaRow> const rows = {{"-1\n", 2}, {"100000\n", 1}, {"50000\n", 1}, {"300000\n", 3}, {"900000\n", 4}, {"x", 2}};
  for (auto const& row : rows) {
    write("cpu/cpu.cfs_quota_us", row.quota);
    write("cpu/cpu.cfs_period_us", "100000\n");
    EXPECT_EQ(count(), row.workers) << row.quota;
  }
  write("cpu/cpu.cfs_quota_us", "100000\n");
  write("cpu/cpu.cfs_period_us", "0\n");
  EXPECT_EQ(count(), 2U);
}

TEST_F(WorkerCountTest, finds_the_group_that_the_process_is_in) {
  write("self", "0::/kubepods/pod1/container\n");
  write("kubepods/pod1/container/cpu.max", "300000 100000\n");
  EXPECT_EQ(count(), 3U);
}

TEST_F(WorkerCountTest, takes_the_lowest_quota_on_the_way_up) {
  write("self", "0::/pod/container\n");
  write("pod/container/cpu.max", "max 100000\n");
  write("pod/cpu.max", "100000 100000\n");
  EXPECT_EQ(count(), 1U) << "the Pod's, where the container has none";
  write("pod/container/cpu.max", "400000 100000\n");
  EXPECT_EQ(count(), 1U) << "the Pod's, where the container's is higher";
}

TEST_F(WorkerCountTest, finds_the_group_of_version_1_among_other_controllers) {
  write("self", "12:memory:/wrong\n4:cpu,cpuacct:/pod\n3:cpuset:/wrong\n");
  write("cpu/pod/cpu.cfs_quota_us", "100000\n");
  write("cpu/pod/cpu.cfs_period_us", "100000\n");
  write("cpu/wrong/cpu.cfs_quota_us", "300000\n");
  write("cpu/wrong/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(count(), 1U);
}

TEST_F(WorkerCountTest, has_two_where_nothing_can_be_read) {
  EXPECT_EQ(count(), 2U);
  write("self", "no colons here\n::\n0:\n");
  EXPECT_EQ(count(), 2U);
}

}  // namespace
}  // namespace ambassador::app::machine::worker_count_test
