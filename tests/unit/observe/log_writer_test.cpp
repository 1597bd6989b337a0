#include "observe/log_writer.hpp"

#include "observe/log_buffer.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/ostream_sink.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace ambassador::observe::log_writer_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::string line_of(char letter, std::size_t length) {
  std::string line(length, letter);
  line.push_back('\n');
  return line;
}

std::ptrdiff_t lines_in(std::string const& text) { return std::count(text.begin(), text.end(), '\n'); }

/// Two descriptors, the second for what is written; closed at the end.
struct Ends {
  static Ends pipe() {
    Ends ends;
    EXPECT_EQ(::pipe2(ends.descriptors.data(), O_CLOEXEC), 0);
    return ends;
  }
  static Ends sockets() {
    Ends ends;
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.descriptors.data()), 0);
    return ends;
  }
  static Ends terminal() {
    Ends ends;
    ends.descriptors[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_EQ(grantpt(ends.descriptors[0]), 0);
    EXPECT_EQ(unlockpt(ends.descriptors[0]), 0);
    ends.descriptors[1] = open(ptsname(ends.descriptors[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
    return ends;
  }

  Ends() = default;
  Ends(Ends&& other) noexcept : descriptors{std::exchange(other.descriptors, {-1, -1})} {}
  ~Ends() {
    for (int const descriptor : descriptors) close_one(descriptor);
  }

  [[nodiscard]] int reader() const { return descriptors[0]; }
  [[nodiscard]] int writer() const { return descriptors[1]; }
  void close_reader() { close_one(std::exchange(descriptors[0], -1)); }
  void close_writer() { close_one(std::exchange(descriptors[1], -1)); }

  static void close_one(int descriptor) {
    if (descriptor >= 0) close(descriptor);
  }

  std::array<int, 2> descriptors{-1, -1};
};

/// Until not a byte more goes in.
void fill(int descriptor) {
  int const flags = fcntl(descriptor, F_GETFL);
  fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
  std::string const chunk(4096, '#');
  std::size_t size = chunk.size();
  while (size > 0) {
    if (write(descriptor, chunk.data(), size) <= 0) size /= 2;
  }
  fcntl(descriptor, F_SETFL, flags);
}

std::string read_to_end(int descriptor) {
  std::string all;
  std::array<char, 65536> chunk;
  for (ssize_t n; (n = read(descriptor, chunk.data(), chunk.size())) > 0;)
    all.append(chunk.data(), static_cast<std::size_t>(n));
  return all;
}

class Writing : public testing::Test {
 protected:
  LogWriter& start(int descriptor, std::size_t queue_bytes = log_queue_bytes, std::chrono::milliseconds stop_limit = 2000ms) {
    return writer.emplace(LogWriter::Options{descriptor, queue_bytes, stop_limit}, events, dropped);
  }

  /// Hands over `count` batches of ten lines, and expects that none of them waits.
  std::ptrdiff_t submit_lines(int count) {
    std::string batch;
    for (int i = 0; i < 10; ++i) batch += line_of('x', 99);
    auto const before = Clock::now();
    for (int i = 0; i < count; ++i) writer->submit({batch, 10});
    EXPECT_LT(Clock::now() - before, 5s);
    return count * std::ptrdiff_t{10};
  }

  std::ptrdiff_t dropped_lines() { return static_cast<std::ptrdiff_t>(dropped.Value()); }

  std::ostringstream said;
  std::shared_ptr<EventLog> events = make_event_log(std::make_shared<spdlog::sinks::ostream_sink_mt>(said));
  prometheus::Counter dropped;
  std::optional<LogWriter> writer;
};

TEST_F(Writing, writes_every_line_in_order) {
  auto ends = Ends::pipe();
  start(ends.writer());
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    auto const line = std::to_string(i) + '\n';
    EXPECT_TRUE(writer->submit({line, 1}));
    expected += line;
  }
  writer->stop();
  ends.close_writer();
  EXPECT_EQ(read_to_end(ends.reader()), expected);
  EXPECT_EQ(dropped_lines(), 0);
}

TEST_F(Writing, stop_writes_what_is_queued) {
  auto ends = Ends::pipe();
  start(ends.writer());
  auto const submitted = submit_lines(800);  // more than a pipe holds
  std::string got;
  std::thread reader{[&] { got = read_to_end(ends.reader()); }};
  writer->stop();
  ends.close_writer();
  reader.join();
  EXPECT_EQ(lines_in(got), submitted);
  EXPECT_EQ(dropped_lines(), 0);
}

TEST_F(Writing, says_at_most_once_a_second_that_lines_are_dropped) {
  auto ends = Ends::pipe();
  start(ends.writer(), 16 * 1024, 100ms);
  auto const before = Clock::now();
  while (Clock::now() - before < 1500ms) {
    submit_lines(50);
    std::this_thread::sleep_for(10ms);
  }
  writer->stop();
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - before).count();
  EXPECT_GE(lines_in(said.str()), 2);
  EXPECT_LE(lines_in(said.str()), seconds + 2);  // at once, every second, and at the end
}

TEST_F(Writing, stop_leaves_a_stopped_terminal_behind) {
  static auto const& ends = *new Ends{Ends::terminal()};  // stays open: the thread may be in it to the end
  ASSERT_GE(ends.writer(), 0);
  events = make_event_log(std::make_shared<spdlog::sinks::null_sink_mt>());
  start(ends.writer(), 1024 * 1024, 200ms);
  submit_lines(1000);
  auto const before = Clock::now();
  writer->stop();
  EXPECT_LT(Clock::now() - before, 2s);
}

TEST_F(Writing, survives_a_reader_that_went) {
  auto ends = Ends::pipe();
  start(ends.writer());
  ends.close_reader();
  auto const submitted = submit_lines(3);
  writer->stop();
  EXPECT_EQ(dropped_lines(), submitted);
}

TEST_F(Writing, counts_what_comes_after_stop) {
  auto const ends = Ends::pipe();
  start(ends.writer());
  writer->stop();
  EXPECT_FALSE(writer->submit({"late\nlate\n", 2}));
  EXPECT_EQ(dropped_lines(), 2);
}

TEST_F(Writing, begins_a_new_line_after_one_that_a_full_disk_cut) {
  int const file = memfd_create("log", MFD_CLOEXEC);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit const small{50, before.rlim_max};
  auto* const old_handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  start(file);
  writer->submit({line_of('a', 39) + line_of('b', 39), 2});
  while (dropped_lines() == 0) std::this_thread::sleep_for(1ms);
  setrlimit(RLIMIT_FSIZE, &before);
  writer->submit({"c\n", 1});
  writer->stop();
  std::signal(SIGXFSZ, old_handler);
  lseek(file, 0, SEEK_SET);
  EXPECT_EQ(read_to_end(file), line_of('a', 39) + line_of('b', 10) + line_of('c', 1));
  EXPECT_EQ(dropped_lines(), 1);
  close(file);
}

TEST_F(Writing, takes_lines_of_many_workers_whole) {
  auto ends = Ends::pipe();
  start(ends.writer(), 16 * 1024 * 1024);
  std::string got;
  std::thread reader{[&] { got = read_to_end(ends.reader()); }};
  {
    std::vector<std::thread> workers;
    for (int worker = 0; worker < 4; ++worker) {
      workers.emplace_back([&, letter = static_cast<char>('a' + worker)] {
        for (int i = 0; i < 2000; ++i) writer->submit({line_of(letter, 80), 1});
      });
    }
    for (auto& worker : workers) worker.join();
  }
  writer->stop();
  ends.close_writer();
  reader.join();
  EXPECT_EQ(lines_in(got) + dropped_lines(), 8000);
  EXPECT_EQ(dropped_lines(), 0);
  std::istringstream lines{got};
  for (std::string line; std::getline(lines, line);) ASSERT_EQ(line, std::string(80, line.front()));
}

class WritingToAFullReader : public Writing, public testing::WithParamInterface<Ends (*)()> {
 protected:
  void SetUp() override { fill(ends.writer()); }

  Ends ends = GetParam()();
};

TEST_P(WritingToAFullReader, drops_and_counts_what_it_does_not_take) {
  start(ends.writer(), 16 * 1024, 200ms);
  auto const submitted = submit_lines(2000);
  EXPECT_GT(dropped_lines(), submitted / 2);
  auto const before = Clock::now();
  writer->stop();
  EXPECT_GE(Clock::now() - before, 200ms);
  EXPECT_LT(Clock::now() - before, 2s);
  EXPECT_EQ(dropped_lines(), submitted) << "what was queued, too";
  EXPECT_NE(said.str().find("Z warning "), std::string::npos) << said.str();
  EXPECT_NE(said.str().find("lines of the access log were dropped"), std::string::npos) << said.str();
}

TEST_P(WritingToAFullReader, goes_on_when_the_reader_does) {
  start(ends.writer(), 16 * 1024, 5000ms);
  auto const submitted = submit_lines(2000);
  std::string got;
  std::thread reader{[&] { got = read_to_end(ends.reader()); }};
  writer->stop();
  ends.close_writer();
  reader.join();
  EXPECT_GT(lines_in(got), 0);
  EXPECT_EQ(lines_in(got) + dropped_lines(), submitted);
}

INSTANTIATE_TEST_SUITE_P(, WritingToAFullReader, testing::Values(Ends::pipe, Ends::sockets));

class Buffering : public Writing {
 protected:
  void SetUp() override { start(file); }
  void TearDown() override { close(file); }

  CallRecord call() {
    CallRecord record;
    record.method = "GET";
    record.source = record.target = "http://x/";
    record.decision = Decision::allowed;
    record.status = 200;
    return record;
  }

  std::string written() {
    writer->stop();
    lseek(file, 0, SEEK_SET);
    return read_to_end(file);
  }

  int const file = memfd_create("log", MFD_CLOEXEC);
};

TEST_F(Buffering, hands_over_when_told_to_and_at_its_end) {
  {
    LogBuffer buffer{*writer, {}, 1};
    buffer.append(call());
    buffer.flush();
    buffer.append(call());
  }
  EXPECT_EQ(lines_in(written()), 2);
}

TEST_F(Buffering, hands_over_by_itself_when_it_is_full) {
  LogBuffer buffer{*writer, {}, 1};
  std::size_t const line = 90;
  for (std::size_t i = 0; i < 3 * log_buffer_bytes / line; ++i) buffer.append(call());
  auto const got = written();
  EXPECT_GE(got.size(), 2 * (log_buffer_bytes - log_line_room));
  EXPECT_LT(got.size(), 3 * log_buffer_bytes);
}

TEST_F(Buffering, takes_a_line_that_is_longer_than_itself) {
  auto record = call();
  record.source = "http://x/" + std::string(100'000, 'a');
  {
    LogBuffer buffer{*writer, {}, 1};
    buffer.append(record);
  }
  EXPECT_EQ(lines_in(written()), 1);
}

TEST_F(Buffering, leaves_out_what_is_not_in_the_share) {
  auto failed = call();
  failed.status = 502;
  {
    LogBuffer buffer{*writer, {{}, 0.25}, 1};
    for (int i = 0; i < 4000; ++i) buffer.append(call());
    buffer.set_options({{}, 0});
    for (int i = 0; i < 10; ++i) buffer.append(call());
    for (int i = 0; i < 10; ++i) buffer.append(failed);
  }
  auto const lines = lines_in(written());
  EXPECT_GT(lines, 800);
  EXPECT_LT(lines, 1200);
}

TEST_F(Buffering, writes_in_the_format_it_was_last_told) {
  {
    LogBuffer buffer{*writer, {}, 1};
    buffer.append(call());
    buffer.set_options({{LineFormat::json, false}, 1});
    buffer.append(call());
  }
  auto const got = written();
  EXPECT_EQ(got.substr(0, 4), "1970");
  EXPECT_NE(got.find("\n{\"time\""), std::string::npos);
}

}  // namespace
}  // namespace ambassador::observe::log_writer_test
