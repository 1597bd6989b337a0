// An spdlog sink that writes whole batches of finished lines to a descriptor, and can be told to give up: it waits for
// room in slices, and never sits in a write that only the reader could end (but for a terminal, see log_writer.hpp).
#pragma once

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

namespace ambassador::observe {

class DescriptorSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  /// `may_wait` is asked before each wait of at most `wait_slice`; false gives up what is left of the batch.
  DescriptorSink(int descriptor, std::function<bool()> may_wait);

  static constexpr std::chrono::milliseconds wait_slice{50};

  /// Lines given up so far, because the reader is gone, the disk is full, or `may_wait` said so.
  [[nodiscard]] std::uint64_t lost_lines() const noexcept { return lost_lines_; }

 private:
  enum class Kind : std::uint8_t { file, pipe, socket };

  static Kind kind_of(int descriptor) noexcept;

  void sink_it_(spdlog::details::log_msg const& batch) override;
  void flush_() override {}

  /// What was given up.
  [[nodiscard]] std::string_view write_all(std::string_view rest) const;
  /// Bytes taken; -1 and errno where none were.
  [[nodiscard]] long write_some(std::string_view bytes) const noexcept;
  [[nodiscard]] bool wait_for_room() const;

  int descriptor_;
  Kind kind_;
  std::function<bool()> may_wait_;
  std::uint64_t lost_lines_ = 0;
  bool is_torn_ = false;  ///< a line was given up half-written: the next one must not continue it
};

}  // namespace ambassador::observe
