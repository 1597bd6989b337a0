#include "observe/log_writer.hpp"

#include "observe/descriptor_sink.hpp"

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <string>
#include <utility>

namespace ambassador::observe {

using Clock = std::chrono::steady_clock;

/// What the thread works with; kept by both sides, because a stuck thread may outlive the LogWriter.
struct LogWriter::Shared {
  Shared(Options given, std::shared_ptr<EventLog> log, prometheus::Counter& drops)
      : options{std::move(given)}, events{std::move(log)}, dropped{&drops} {}

  void run();
  bool take(LogLines& batch);
  bool may_wait();
  void count_dropped(std::uint64_t lines);
  void report_drops();

  Options const options;
  std::shared_ptr<EventLog> const events;

  std::mutex mutex;
  std::condition_variable filled;
  std::condition_variable ended;
  LogLines queue;                // guarded by mutex
  bool stopping = false;         // guarded by mutex
  bool done = false;             // guarded by mutex
  Clock::time_point deadline;    // guarded by mutex; set with `stopping`
  prometheus::Counter* dropped;  // guarded by mutex; null once the LogWriter is gone
  std::atomic<std::uint64_t> unreported{0};
  Clock::time_point next_report;  // the thread's own
};

void LogWriter::Shared::run() {
  DescriptorSink sink{options.descriptor, [this] { return may_wait(); }};
  LogLines batch;
  while (take(batch)) {
    if (options.recent) options.recent->keep(batch);
    auto const lost_before = sink.lost_lines();
    sink.log({"calls", spdlog::level::info, batch.text});
    count_dropped(sink.lost_lines() - lost_before);
    report_drops();
  }
  next_report = {};
  report_drops();
  std::lock_guard const lock{mutex};
  done = true;
  ended.notify_all();
}

/// Waits for lines; false when stopped and none are left.
bool LogWriter::Shared::take(LogLines& batch) {
  batch.clear();
  std::unique_lock lock{mutex};
  auto const something = [this] { return stopping || queue.count != 0; };
  while (unreported.load(std::memory_order_relaxed) != 0 && !filled.wait_for(lock, log_drop_event_interval, something)) {
    lock.unlock();
    report_drops();
    lock.lock();
  }
  filled.wait(lock, something);
  std::swap(batch, queue);
  return batch.count != 0;
}

bool LogWriter::Shared::may_wait() {
  report_drops();
  std::lock_guard const lock{mutex};
  return !stopping || Clock::now() < deadline;
}

void LogWriter::Shared::count_dropped(std::uint64_t lines) {
  if (lines == 0) return;
  unreported.fetch_add(lines, std::memory_order_relaxed);
  std::lock_guard const lock{mutex};
  if (dropped != nullptr) dropped->Increment(static_cast<double>(lines));
}

void LogWriter::Shared::report_drops() {
  if (unreported.load(std::memory_order_relaxed) == 0) return;
  auto const now = Clock::now();
  if (now < next_report) return;
  next_report = now + log_drop_event_interval;
  events->warn("{} lines of the access log were dropped: its reader is too slow, or gone",
               unreported.exchange(0, std::memory_order_relaxed));
}

LogWriter::LogWriter(Options options, std::shared_ptr<EventLog> events, prometheus::Counter& dropped)
    : shared_{std::make_shared<Shared>(std::move(options), std::move(events), dropped)} {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread{[shared = shared_] { shared->run(); }};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LogWriter::~LogWriter() { stop(); }

bool LogWriter::submit(LogLines const& lines) {
  {
    std::lock_guard const lock{shared_->mutex};
    if (!shared_->stopping && lines.text.size() <= shared_->options.queue_bytes - shared_->queue.text.size()) {
      shared_->queue.text += lines.text;
      shared_->queue.count += lines.count;
      shared_->queue.uncovered |= lines.uncovered;
      shared_->filled.notify_one();
      return true;
    }
  }
  shared_->count_dropped(lines.count);
  return false;
}

void LogWriter::stop() {
  if (!thread_.joinable()) return;
  std::unique_lock lock{shared_->mutex};
  shared_->stopping = true;
  shared_->deadline = Clock::now() + shared_->options.stop_limit;
  shared_->filled.notify_one();
  // The thread gives up by itself at the deadline, unless it is held in a write.
  bool const done = shared_->ended.wait_until(lock, shared_->deadline + log_stop_grace, [this] { return shared_->done; });
  if (!done) shared_->dropped = nullptr;
  lock.unlock();
  if (done)
    thread_.join();
  else
    thread_.detach();
}

}  // namespace ambassador::observe
