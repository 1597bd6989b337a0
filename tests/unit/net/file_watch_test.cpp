#include "net/file_watch.hpp"

#include "net/current.hpp"
#include "support/certificates.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <thread>

namespace ambassador::net::file_watch_test {
namespace {

using namespace std::chrono_literals;

class FileWatchTest : public testing::Test {
 protected:
  static constexpr std::chrono::milliseconds interval{10};

  void run(int intervals = 4) {
    context.restart();
    context.run_for(interval * intervals);
  }

  support::Directory directory;
  boost::asio::io_context context{1};
  std::optional<FileWatch> watch{std::in_place, context, interval};
  int changes = 0;
};

TEST_F(FileWatchTest, calls_once_for_each_change) {
  auto const path = directory.write("cert", "one");
  watch->watch({path}, [this] { ++changes; });
  run();
  EXPECT_EQ(changes, 0);
  directory.write("cert", "two");  // of the same size
  run();
  EXPECT_EQ(changes, 1);
  run();
  EXPECT_EQ(changes, 1);
  std::filesystem::remove(path);
  run();
  EXPECT_EQ(changes, 2) << "a file that vanishes has changed";
  directory.write("cert", "three");
  run();
  EXPECT_EQ(changes, 3);
}

TEST_F(FileWatchTest, calls_no_more_for_what_is_forgotten_also_by_the_call_itself) {
  auto const path = directory.write("cert", "one");
  std::uint64_t first = 0;
  int others = 0;
  first = watch->watch({path}, [&] {
    ++changes;
    watch->forget(first);
    watch->watch({path}, [&] { ++others; });
  });
  auto const second = watch->watch({path}, [&] { others += 100; });
  watch->forget(second);
  auto const run_until = [this](int const& count) {
    for (int looks = 0; count == 0 && looks < 1000; ++looks) run(1);
    return count;
  };
  directory.write("cert", "two");
  EXPECT_EQ(run_until(changes), 1);
  directory.write("cert", "three");
  EXPECT_EQ(run_until(others), 1);
  EXPECT_EQ(changes, 1);
}

TEST_F(FileWatchTest, waits_until_both_of_a_pair_are_written) {
  auto const cert = directory.write("cert", "one");
  auto const key = directory.write("key", "one");
  std::string seen;
  constexpr auto slowly = 10 * interval;
  watch.emplace(context, slowly);
  watch->watch({cert, key}, [&] {
    ++changes;
    seen = support::Directory::read(cert) + support::Directory::read(key);
  });
  // Something is written in every interval, for longer than one change would take to be seen.
  for (int i = 0; i < 40; ++i) {
    directory.write(i % 2 == 0 ? "cert" : "key", std::string(static_cast<std::size_t>(i) + 4, 'x'));
    context.restart();
    context.run_for(interval);
  }
  EXPECT_EQ(changes, 0);
  context.restart();
  context.run_for(3 * slowly);
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(seen, std::string(42 + 43, 'x'));
}

TEST_F(FileWatchTest, follows_links_that_are_swapped_above_a_file) {
  for (auto const* const name : {"first", "second"}) {
    std::filesystem::create_directory(directory.file(name));
    directory.write(std::string{name} + "/cert", name);
  }
  std::filesystem::create_symlink("first", directory.file("..data"));
  std::filesystem::create_symlink("..data/cert", directory.file("cert"));
  watch->watch({directory.file("cert")}, [this] { ++changes; });
  run();
  std::filesystem::create_symlink("second", directory.file("..new"));
  std::filesystem::rename(directory.file("..new"), directory.file("..data"));
  run();
  EXPECT_EQ(changes, 1);
}

TEST_F(FileWatchTest, tells_only_those_whose_files_changed_and_may_end_within_a_call) {
  auto const one = directory.write("one", "1");
  auto const two = directory.write("two", "1");
  int others = 0;
  watch->watch({one}, [this] {
    ++changes;
    watch.reset();
  });
  watch->watch({two}, [&] { ++others; });
  directory.write("one", "22");
  run();
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(others, 0);
  directory.write("one", "333");
  run();
  EXPECT_EQ(changes, 1);
}

TEST(Current, hands_over_whole_values_to_other_threads) {
  Current<std::string> current{std::make_shared<std::string const>(1000, 'a')};
  EXPECT_EQ(current.generation(), 0U);
  std::thread writer{[&] {
    for (char letter = 'b'; letter <= 'z'; ++letter) current.set(std::make_shared<std::string const>(1000, letter));
  }};
  std::uint64_t seen = 0;
  while (seen != 25) {
    seen = current.generation();
    auto const value = current.get();
    ASSERT_EQ(*value, std::string(1000, value->front()));
  }
  writer.join();
  EXPECT_EQ(current.get()->front(), 'z');
  current.set(nullptr);
  EXPECT_EQ(current.get(), nullptr);
}

}  // namespace
}  // namespace ambassador::net::file_watch_test
