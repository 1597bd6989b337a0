#include "session/http/message_writer.hpp"

#include "wire/http1/writer.hpp"

#include <array>

namespace ambassador::session {
namespace {

constexpr std::size_t usual_bytes = 20 * 1024;

/// A piece of a body up to this size is copied behind the head: one range of bytes is cheaper to send than several.
constexpr std::size_t joined_bytes = 1024;

/// What came of a write of these parts; what the kernel did not take becomes the remainder.
Sent sent_of(net::Io const& io, std::span<iovec const> parts) {
  Sent sent{.code = {}, .remainder = {}, .any_byte_sent = io.bytes != 0};
  if (io.code && !io.blocked()) {
    sent.code = io.code;
    return sent;
  }
  std::size_t taken = io.bytes;
  for (auto const& part : parts) {
    auto const skipped = std::min(taken, part.iov_len);
    sent.remainder.append(static_cast<char const*>(part.iov_base) + skipped, part.iov_len - skipped);
    taken -= skipped;
  }
  return sent;
}

iovec part_of(std::string_view text) noexcept { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

void MessageWriter::append(std::string_view payload, bool last, std::span<wire::http::Field const> trailers) {
  bool const chunked = framing_.kind == wire::http::BodyKind::chunked;
  if (!payload.empty()) {
    if (chunked) wire::http1::append_chunk_size(buffer_, payload.size());
    buffer_.append(payload);
    if (chunked) buffer_.append(wire::http1::chunk_end);
  }
  if (last && chunked) wire::http1::append_last_chunk(buffer_, trailers);
}

Sent MessageWriter::send_kept(net::Stream& stream) const {
  auto const part = part_of(buffer_);
  return sent_of(stream.write_some(buffer_), {&part, 1});
}

Sent MessageWriter::send(net::Stream& stream, std::string_view payload, bool last,
                         std::span<wire::http::Field const> trailers) {
  if (payload.size() <= joined_bytes) {
    append(payload, last, trailers);
    auto sent = buffer_.empty() ? Sent{} : send_kept(stream);
    buffer_.clear();
    return sent;
  }
  tail_.clear();
  if (framing_.kind == wire::http::BodyKind::chunked) {
    wire::http1::append_chunk_size(buffer_, payload.size());
    tail_.append(wire::http1::chunk_end);
    if (last) wire::http1::append_last_chunk(tail_, trailers);
  }
  std::array const parts{part_of(buffer_), part_of(payload), part_of(tail_)};
  auto sent = sent_of(stream.write_some(parts), parts);
  buffer_.clear();
  return sent;
}

void MessageWriter::shrink() {
  for (auto* text : {&buffer_, &tail_}) {
    if (text->capacity() > usual_bytes) std::string{}.swap(*text);
  }
}

}  // namespace ambassador::session
