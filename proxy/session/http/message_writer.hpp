// Writes HTTP/1 messages to a stream: head, body in its framing, trailers, in as few sends as there can be. What the
// kernel does not take at once is handed back to be waited for; there is no queue.
#pragma once

#include "net/stream.hpp"
#include "wire/http/message.hpp"

#include <span>
#include <string>
#include <string_view>

namespace ambassador::session {

struct Sent {
  boost::system::error_code code;
  std::string remainder;  ///< what the kernel did not take: give it to `Stream::write_all`
  bool any_byte_sent = false;
};

class MessageWriter {
 public:
  /// Starts a message: append its head to what is returned.
  std::string& begin(wire::http::Framing framing) {
    framing_ = framing;
    buffer_.clear();
    return buffer_;
  }

  /// Keeps a piece of the body behind the head.
  void append(std::string_view payload, bool last, std::span<wire::http::Field const> trailers);

  /// What was kept begins with `start` in place of its first `bytes`.
  void replace_start(std::size_t bytes, std::string_view start) { buffer_.replace(0, bytes, start); }

  /// Sends what was kept, and keeps it: it can be sent again.
  [[nodiscard]] Sent send_kept(net::Stream& stream) const;
  [[nodiscard]] std::string_view kept() const noexcept { return buffer_; }
  [[nodiscard]] std::size_t kept_bytes() const noexcept { return buffer_.size(); }

  /// Sends what was kept and a piece of the body, which is not copied where the kernel takes it.
  [[nodiscard]] Sent send(net::Stream& stream, std::string_view payload, bool last,
                          std::span<wire::http::Field const> trailers);

  /// Gives back memory beyond what a usual head needs.
  void shrink();

 private:
  wire::http::Framing framing_;
  std::string buffer_;
  std::string tail_;
};

}  // namespace ambassador::session
