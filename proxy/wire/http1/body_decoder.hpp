// Follows a body to its end, by its framing (RFC 9112 sections 6 and 7), and takes the payload out of the chunked
// coding in place. It never looks beyond the body's last byte: what follows belongs to the next message.
#pragma once

#include "wire/http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ambassador::wire::http1 {

inline constexpr std::size_t max_chunk_extension_bytes = 4 * 1024;  ///< of one body, all chunks together
inline constexpr std::size_t max_trailer_bytes = 16 * 1024;

class BodyDecoder {
 public:
  BodyDecoder() = default;
  explicit BodyDecoder(http::Framing framing) noexcept { reset(framing); }

  /// For the next body; buffers keep their capacity.
  void reset(http::Framing framing) noexcept;

  struct Step {
    std::size_t payload = 0;   ///< bytes of payload, moved together at the start of the input
    std::size_t consumed = 0;  ///< bytes of the input that belong to this body
  };

  /// Decodes what `data[0, size)` holds of the body. A fault is final.
  Step decode(char* data, std::size_t size);

  /// The peer closed: is the body complete? Only a body that ends with the connection becomes so.
  bool end_of_stream() noexcept;

  [[nodiscard]] bool done() const noexcept { return state_ == State::done; }
  [[nodiscard]] std::optional<http::Fault> const& fault() const noexcept { return fault_; }
  /// The trailer section's lines with the final empty line, scanned but not parsed; empty where there is none.
  [[nodiscard]] std::string_view trailers() const noexcept { return trailers_; }
  [[nodiscard]] http::BodyKind kind() const noexcept { return kind_; }

 private:
  enum class State : std::uint8_t { sized, until_close, size, extension, size_lf, data, data_cr, data_lf, trailer, done };

  Step decode_chunks(char* data, std::size_t size);
  void step_framing(char c);
  void step_size(char c);
  void step_trailer(char c);
  void refuse(std::string_view why) noexcept { fault_ = http::Fault{Errc::bad_chunk, why}; }

  http::BodyKind kind_ = http::BodyKind::none;
  State state_ = State::done;
  std::uint64_t left_ = 0;  ///< bytes to come of a sized body or of the present chunk
  std::uint8_t size_digits_ = 0;
  std::size_t extension_bytes_ = 0;
  std::string trailers_;
  std::optional<http::Fault> fault_;
};

}  // namespace ambassador::wire::http1
