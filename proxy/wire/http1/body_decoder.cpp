#include "wire/http1/body_decoder.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <cstring>

namespace ambassador::wire::http1 {
namespace {

constexpr std::uint8_t max_size_digits = 15;  // 60 bits: no sum with a size can overflow

}  // namespace

void BodyDecoder::reset(http::Framing framing) noexcept {
  kind_ = framing.kind;
  left_ = framing.length;
  size_digits_ = 0;
  extension_bytes_ = 0;
  trailers_.clear();
  fault_.reset();
  switch (framing.kind) {
    case http::BodyKind::none: state_ = State::done; break;
    case http::BodyKind::sized: state_ = left_ == 0 ? State::done : State::sized; break;
    case http::BodyKind::chunked:
      state_ = State::size;
      left_ = 0;
      break;
    case http::BodyKind::until_close: state_ = State::until_close; break;
  }
}

BodyDecoder::Step BodyDecoder::decode(char* data, std::size_t size) {
  switch (state_) {
    case State::done: return {};
    case State::until_close: return {size, size};
    case State::sized: {
      auto const taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, size));
      left_ -= taken;
      if (left_ == 0) state_ = State::done;
      return {taken, taken};
    }
    default: return decode_chunks(data, size);
  }
}

BodyDecoder::Step BodyDecoder::decode_chunks(char* data, std::size_t size) {
  Step step;
  while (step.consumed < size && !done() && !fault_) {
    if (state_ != State::data) {
      step_framing(data[step.consumed++]);
      continue;
    }
    auto const taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, size - step.consumed));
    if (step.payload != step.consumed) std::memmove(data + step.payload, data + step.consumed, taken);
    step.payload += taken;
    step.consumed += taken;
    left_ -= taken;
    if (left_ == 0) state_ = State::data_cr;
  }
  return step;
}

void BodyDecoder::step_framing(char c) {
  switch (state_) {
    case State::size: return step_size(c);
    case State::extension:
      if (c == '\r') {
        state_ = State::size_lf;
      } else if (is_control(c) && c != '\t') {
        refuse("a control byte in a chunk extension");
      } else if (++extension_bytes_ > max_chunk_extension_bytes) {
        refuse("chunk extensions are too long");
      }
      return;
    case State::size_lf:
      if (c != '\n') return refuse("a chunk size does not end in CRLF");
      size_digits_ = 0;
      state_ = left_ == 0 ? State::trailer : State::data;
      return;
    case State::data_cr:
      if (c != '\r') return refuse("a chunk does not end in CRLF");
      state_ = State::data_lf;
      return;
    case State::data_lf:
      if (c != '\n') return refuse("a chunk does not end in CRLF");
      state_ = State::size;
      return;
    default: return step_trailer(c);
  }
}

void BodyDecoder::step_size(char c) {
  if (int const digit = hex_value(c); digit >= 0) {
    if (++size_digits_ > max_size_digits) return refuse("a chunk size is too large");
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return;
  }
  if (size_digits_ == 0 || (c != '\r' && c != ';')) return refuse("a chunk size is not a plain hex number");
  state_ = c == '\r' ? State::size_lf : State::extension;
}

/// Collects lines until an empty one. Bare CR and LF, controls and folding are refused as in a head.
void BodyDecoder::step_trailer(char c) {
  bool const after_cr = trailers_.ends_with('\r');
  bool const at_line_start = trailers_.empty() || trailers_.ends_with('\n');
  if (after_cr != (c == '\n')) return refuse("a line of the trailer does not end in CRLF");
  if (is_control(c) && c != '\t' && c != '\r' && c != '\n') return refuse("a control byte in the trailer");
  if (at_line_start && is_blank(c)) return refuse("a line of the trailer begins with a blank");
  if (trailers_.size() >= max_trailer_bytes) return refuse("the trailer is too large");
  trailers_.push_back(c);
  if (trailers_ == "\r\n") {
    trailers_.clear();
    state_ = State::done;
  } else if (trailers_.ends_with("\r\n\r\n")) {
    state_ = State::done;
  }
}

bool BodyDecoder::end_of_stream() noexcept {
  if (state_ == State::until_close) state_ = State::done;
  return done();
}

}  // namespace ambassador::wire::http1
