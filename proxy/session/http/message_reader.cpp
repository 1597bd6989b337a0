#include "session/http/message_reader.hpp"

#include <algorithm>
#include <cstring>

namespace ambassador::session {

MessageReader::Head MessageReader::read_head(net::Stream& stream, net::Scratch scratch, wire::http::HeadLimits const& limits,
                                             std::size_t read_bytes) {
  using State = wire::http1::HeadScanner::State;
  std::size_t have = kept_.size();
  std::memcpy(scratch.data(), kept_.data(), have);
  bool look_first = have != 0;  // a whole head may have come behind the last message
  for (;;) {
    if (look_first) {
      auto const state = scanner_.scan({scratch.data(), have}, limits);
      if (state == State::faulty)
        return {.got = Got::faulty, .bytes = {scratch.data(), have}, .code = {}, .fault = scanner_.fault()};
      if (state == State::complete) {
        std::string_view const head{scratch.data() + scanner_.begin(), scanner_.end() - scanner_.begin()};
        rest_ = scratch.data() + scanner_.end();
        rest_size_ = have - scanner_.end();
        scanner_ = fresh_scanner();
        kept_.clear();
        return {.got = Got::some, .bytes = head, .code = {}, .fault = {}};
      }
    }
    auto const room = std::min(scratch.size() - have, read_bytes);
    auto const io = stream.read_some(scratch.data() + have, room);
    if (io.code) {
      keep({scratch.data(), have});
      auto const got = io.blocked() ? Got::blocked : io.ended() ? Got::ended : Got::failed;
      return {.got = got, .bytes = {}, .code = io.code, .fault = {}};
    }
    have += io.bytes;
    look_first = true;
  }
}

MessageReader::Piece MessageReader::decode(char* data, std::size_t size) {
  auto const step = body_.decode(data, size);
  keep({data + step.consumed, size - step.consumed});
  Piece piece{.got = Got::some, .payload = {data, step.payload}, .last = body_.done(), .code = {}, .fault = {}};
  if (body_.fault()) {
    piece.got = Got::faulty;
    piece.fault = *body_.fault();
  }
  return piece;
}

MessageReader::Piece MessageReader::begin_body(wire::http::Framing framing) {
  body_.reset(framing);
  return decode(std::exchange(rest_, nullptr), std::exchange(rest_size_, 0));
}

MessageReader::Piece MessageReader::read_body(net::Stream& stream, net::Scratch scratch, std::size_t read_bytes) {
  if (!kept_.empty()) {
    auto const size = kept_.size();
    std::memcpy(scratch.data(), kept_.data(), size);
    return decode(scratch.data(), size);
  }
  auto const io = stream.read_some(scratch.data(), std::min(scratch.size(), read_bytes));
  if (!io.code) return decode(scratch.data(), io.bytes);
  if (io.blocked()) return {};
  if (!io.ended()) return {.got = Got::failed, .payload = {}, .last = false, .code = io.code, .fault = {}};
  bool const complete = body_.end_of_stream();
  return {.got = complete ? Got::some : Got::ended, .payload = {}, .last = complete, .code = {}, .fault = {}};
}

}  // namespace ambassador::session
