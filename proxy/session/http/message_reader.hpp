// Reads HTTP/1 messages off a stream, heads and bodies, either side's. Nothing here waits: what has come is taken, and
// `blocked` says that the caller should wait. Bytes are read into the worker's scratch; what belongs to a later step is
// kept here, so that nothing points into the scratch when the caller waits.
#pragma once

#include "net/relay.hpp"
#include "wire/http1/body_decoder.hpp"
#include "wire/http1/head_scanner.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace ambassador::session {

class MessageReader {
 public:
  enum class Got : std::uint8_t {
    some,
    blocked,  ///< nothing more has come: wait
    ended,    ///< the peer sends no more
    failed,   ///< the connection broke
    faulty,   ///< the peer broke the protocol
  };

  struct Head {
    Got got = Got::blocked;
    std::string_view
        bytes;  ///< of `some` the head, of `faulty` what there is; valid until something is read, or the caller waits
    boost::system::error_code code;  ///< of `failed`
    wire::http::Fault fault;         ///< of `faulty`
  };

  struct Piece {
    Got got = Got::blocked;
    std::string_view payload;  ///< may be empty; valid until something is read, or the caller waits
    bool last = false;         ///< the body is complete
    boost::system::error_code code;
    wire::http::Fault fault;
  };

  /// `leading_empty_lines` are skipped before a head.
  explicit MessageReader(std::size_t leading_empty_lines) noexcept : leading_empty_lines_{leading_empty_lines} {}

  /// The next head, as far as it has come. At most `read_bytes` are read at once.
  Head read_head(net::Stream& stream, net::Scratch scratch, wire::http::HeadLimits const& limits, std::size_t read_bytes);

  /// What came with the head of the body that `framing` announces. Call once after each head.
  Piece begin_body(wire::http::Framing framing);

  /// The next piece of the body. At most `read_bytes` are read at once.
  Piece read_body(net::Stream& stream, net::Scratch scratch, std::size_t read_bytes);

  /// The lines of the trailer section, after the last piece.
  [[nodiscard]] std::string_view trailers() const noexcept { return body_.trailers(); }
  [[nodiscard]] bool body_done() const noexcept { return body_.done(); }
  /// Bytes that came behind the last message: the next one, or what nobody asked for.
  [[nodiscard]] bool has_left_over() const noexcept { return !kept_.empty(); }
  /// The left-over bytes, for a stream that is HTTP no longer.
  [[nodiscard]] std::string take_left_over() noexcept { return std::exchange(kept_, {}); }
  [[nodiscard]] std::string_view left_over() const noexcept { return kept_; }
  /// Bytes that were read before, and come first.
  void put_back(std::string bytes) noexcept { kept_ = std::move(bytes); }
  /// For a connection that was not read from yet.
  void restart() {
    kept_.clear();
    scanner_ = fresh_scanner();
    body_.reset({});
  }
  /// Gives memory back beyond what is usual.
  void shrink() {
    if (kept_.capacity() > usual_kept_bytes) std::string{}.swap(kept_);
  }

 private:
  static constexpr std::size_t usual_kept_bytes = 4 * 1024;

  [[nodiscard]] wire::http1::HeadScanner fresh_scanner() const noexcept {
    return wire::http1::HeadScanner{leading_empty_lines_};
  }
  Piece decode(char* data, std::size_t size);
  void keep(std::string_view bytes) { kept_.assign(bytes); }

  std::size_t leading_empty_lines_;
  std::string kept_;
  wire::http1::HeadScanner scanner_ = fresh_scanner();
  wire::http1::BodyDecoder body_;
  char* rest_ = nullptr;  ///< in the scratch, behind the head just read
  std::size_t rest_size_ = 0;
};

}  // namespace ambassador::session
