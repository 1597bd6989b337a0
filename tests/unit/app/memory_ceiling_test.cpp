#include "app/machine/memory_ceiling.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace ambassador::app::machine::memory_ceiling_test {
namespace {

class MemoryCeilingTest : public testing::Test {
 protected:
  MemoryCeilingTest() { std::filesystem::create_directories(root / "pod"); }
  ~MemoryCeilingTest() override { std::filesystem::remove_all(root); }

  void write(std::string const& name, std::string const& text) const { std::ofstream{root / name} << text; }
  [[nodiscard]] std::optional<CgroupFiles> find() const { return find_memory_cgroup(root.string(), (root / "self").string()); }

  std::filesystem::path const root =
      std::filesystem::temp_directory_path() / ("ambassador-cgroup-" + std::to_string(::getpid()));
};

TEST_F(MemoryCeilingTest, refuses_at_ninety_percent_and_takes_work_again_below_eighty_five) {
  EXPECT_FALSE(refuses_work({899, 1000}, false));
  EXPECT_TRUE(refuses_work({900, 1000}, false));
  EXPECT_TRUE(refuses_work({850, 1000}, true));
  EXPECT_FALSE(refuses_work({849, 1000}, true));
}

TEST_F(MemoryCeilingTest, reads_the_group_of_version_2_that_the_process_is_in) {
  write("self", "0::/pod\n");
  write("pod/memory.max", "1000\n");
  write("pod/memory.current", "950\n");
  write("pod/memory.stat", "anon 10\ninactive_file 100\n");
  auto const files = find();
  ASSERT_TRUE(files);
  auto const use = read_memory(*files);
  ASSERT_TRUE(use);
  EXPECT_EQ(use->used, 850U);
  EXPECT_EQ(use->limit, 1000U);
}

TEST_F(MemoryCeilingTest, takes_the_root_of_what_a_container_sees) {
  write("self", "0::/\n");
  write("memory.max", "1000\n");
  write("memory.current", "1\n");
  EXPECT_TRUE(find());
}

TEST_F(MemoryCeilingTest, has_no_ceiling_without_a_limit) {
  write("self", "0::/pod\n");
  write("pod/memory.max", "max\n");
  write("pod/memory.current", "1\n");
  EXPECT_FALSE(find());
}

TEST_F(MemoryCeilingTest, takes_the_largest_number_of_version_1_for_no_limit) {
  write("self", "5:cpu,memory:/pod\n");
  std::filesystem::create_directories(root / "memory/pod");
  write("memory/pod/memory.limit_in_bytes", "9223372036854771712\n");
  write("memory/pod/memory.usage_in_bytes", "1\n");
  EXPECT_FALSE(find());
  write("memory/pod/memory.limit_in_bytes", "64000000\n");
  EXPECT_TRUE(find());
}

TEST_F(MemoryCeilingTest, says_when_the_answer_changes) {
  write("self", "0::/pod\n");
  write("pod/memory.max", "1000\n");
  write("pod/memory.current", "500\n");
  MemoryCeiling ceiling{find()};
  EXPECT_FALSE(ceiling.sample());
  write("pod/memory.current", "990\n");
  EXPECT_TRUE(ceiling.sample());
  EXPECT_TRUE(ceiling.refusing());
  EXPECT_FALSE(ceiling.sample());
  write("pod/memory.current", "100\n");
  EXPECT_TRUE(ceiling.sample());
  EXPECT_FALSE(ceiling.refusing());
}

TEST_F(MemoryCeilingTest, never_refuses_where_there_is_no_group) {
  MemoryCeiling ceiling{std::nullopt};
  EXPECT_FALSE(ceiling.sample());
  EXPECT_FALSE(ceiling.refusing());
}

}  // namespace
}  // namespace ambassador::app::machine::memory_ceiling_test
