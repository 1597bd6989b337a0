#include "relaying.hpp"

#include <fcntl.h>

namespace ambassador::net::splice_pipe_test {
namespace {

class SplicePipesTest : public testing::Test {
 protected:
  std::vector<SplicePipes::Lease> take_all() {
    std::vector<SplicePipes::Lease> lent;
    while (auto lease = pipes.take()) lent.push_back(std::move(*lease));
    return lent;
  }
  static void put_a_byte(SplicePipe& pipe) {
    ASSERT_EQ(::write(pipe.write_end(), "x", 1), 1);
    pipe.filled(1);
  }

  boost::asio::io_context context{1};
  SplicePipes& pipes = SplicePipes::of(context.get_executor());
};

TEST_F(SplicePipesTest, a_pipe_is_large_and_neither_end_blocks) {
  auto const pipe = SplicePipe::open();
  ASSERT_TRUE(pipe);
  EXPECT_GE(pipe->capacity(), static_cast<std::size_t>(least_pipe_bytes));
  EXPECT_EQ(static_cast<std::size_t>(::fcntl(pipe->read_end(), F_GETPIPE_SZ)), pipe->capacity());
  EXPECT_NE(::fcntl(pipe->read_end(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(pipe->write_end(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(SplicePipesTest, no_more_are_lent_than_there_may_be) {
  auto const lent = take_all();
  EXPECT_EQ(lent.size(), max_pipes);
  EXPECT_EQ(pipes.lent(), max_pipes);
}

TEST_F(SplicePipesTest, some_are_kept_and_lent_again) {
  { auto const lent = take_all(); }
  EXPECT_EQ(pipes.lent(), 0U);
  EXPECT_EQ(pipes.idle(), max_pooled_pipes);
  auto const again = pipes.take();
  ASSERT_TRUE(again);
  EXPECT_EQ(pipes.idle(), max_pooled_pipes - 1);
}

TEST_F(SplicePipesTest, one_with_bytes_in_it_is_not_kept) {
  {
    auto lease = pipes.take();
    ASSERT_TRUE(lease);
    put_a_byte(**lease);
  }
  EXPECT_EQ(pipes.idle(), 0U);
  EXPECT_EQ(pipes.lent(), 0U);
}

TEST_F(SplicePipesTest, one_that_was_read_empty_is_kept) {
  {
    auto lease = pipes.take();
    ASSERT_TRUE(lease);
    put_a_byte(**lease);
    std::array<char, 8> into{};
    EXPECT_EQ((*lease)->read(into), "x");
    EXPECT_EQ((*lease)->bytes(), 0U);
    EXPECT_EQ((*lease)->read(into), "");
  }
  EXPECT_EQ(pipes.idle(), 1U);
}

TEST_F(SplicePipesTest, none_is_lent_where_no_descriptor_is_left) {
  NoDescriptors const none;
  EXPECT_FALSE(pipes.take());
  EXPECT_EQ(pipes.lent(), 0U);
}

TEST_F(SplicePipesTest, none_is_left_open) {
  auto const free_descriptor = [] {
    int const next = ::dup(0);
    ::close(next);
    return next;
  };
  int before = 0;
  {
    boost::asio::io_context other{1};
    auto& of_other = SplicePipes::of(other.get_executor());
    before = free_descriptor();
    { auto const lease = of_other.take(); }
    EXPECT_NE(free_descriptor(), before) << "it was not kept";
  }
  EXPECT_LE(free_descriptor(), before);
}

}  // namespace
}  // namespace ambassador::net::splice_pipe_test
