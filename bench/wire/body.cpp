#include "wire/body.hpp"

#include <algorithm>

namespace ambassador::bench {

void Body::start(Head const& head) noexcept {
  chunked_ = head.chunked;
  received_ = 0;
  left_ = chunked_ ? 0 : head.length;
  state_ = chunked_ ? State::size : left_ != 0 ? State::data : State::complete;
}

std::size_t Body::take(std::string_view bytes) noexcept {
  std::size_t taken = 0;
  while (taken < bytes.size() && !complete() && !faulty()) {
    if (auto const run = std::min<std::uint64_t>(skippable(), bytes.size() - taken); run != 0) {
      skip(run);
      taken += run;
    } else {
      state_ = after(bytes[taken++]);
    }
  }
  return taken;
}

void Body::skip(std::uint64_t count) noexcept {
  left_ -= count;
  received_ += count;
  if (left_ == 0) state_ = chunked_ ? State::data_end : State::complete;
}

Body::State Body::after(char byte) noexcept {
  bool const line_ends = byte == '\n';
  switch (state_) {
    case State::size: return after_size_digit(byte);
    case State::extension: return !line_ends ? state_ : left_ == 0 ? State::trailer_start : State::data;
    case State::data_end: return line_ends ? State::size : byte == '\r' ? state_ : State::faulty;
    case State::trailer_start: return line_ends ? State::complete : byte == '\r' ? state_ : State::trailer;
    case State::trailer: return line_ends ? State::trailer_start : state_;
    case State::data:
    case State::complete:
    case State::faulty: return state_;
  }
  return State::faulty;
}

Body::State Body::after_size_digit(char byte) noexcept {
  char const lower = static_cast<char>(byte | 0x20);
  if (byte >= '0' && byte <= '9') {
    left_ = left_ * 16 + static_cast<std::uint64_t>(byte - '0');
  } else if (lower >= 'a' && lower <= 'f') {
    left_ = left_ * 16 + static_cast<std::uint64_t>(lower - 'a' + 10);
  } else if (byte == '\r' || byte == ';') {
    return State::extension;
  } else {
    return State::faulty;
  }
  return State::size;
}

}  // namespace ambassador::bench
