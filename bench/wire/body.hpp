// Counts the bytes of a message's body and finds its end: by Content-Length, or chunk by chunk (RFC 9112 section 7.1).
// Nothing is kept. Bytes inside a run of data need not be looked at: `skippable` says how many.
#pragma once

#include "wire/head.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ambassador::bench {

class Body {
 public:
  void start(Head const& head) noexcept;

  /// How many of `bytes` belonged to the body.
  std::size_t take(std::string_view bytes) noexcept;
  void skip(std::uint64_t count) noexcept;

  /// Bytes of data that come next, whatever they are.
  [[nodiscard]] std::uint64_t skippable() const noexcept { return state_ == State::data ? left_ : 0; }
  [[nodiscard]] bool complete() const noexcept { return state_ == State::complete; }
  [[nodiscard]] bool faulty() const noexcept { return state_ == State::faulty; }
  /// Bytes of data, without the chunks' own.
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

 private:
  enum class State : std::uint8_t { data, data_end, size, extension, trailer_start, trailer, complete, faulty };

  [[nodiscard]] State after(char byte) noexcept;
  [[nodiscard]] State after_size_digit(char byte) noexcept;

  std::uint64_t left_ = 0;  ///< of the run of data, or the size that is being read
  std::uint64_t received_ = 0;
  State state_ = State::complete;
  bool chunked_ = false;
};

}  // namespace ambassador::bench
