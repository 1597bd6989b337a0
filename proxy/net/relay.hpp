// Two streams as one tunnel: bytes both ways under back-pressure, each side's end passed on to the other (half-close),
// ended when neither has sent a byte for the idle time. A direction that has become a bulk transfer is spliced, which
// nobody notices. The client's first bytes may be withheld until they have been judged; the other way runs meanwhile.
#pragma once

#include "base/result.hpp"
#include "net/stream.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace ambassador::net {

/// Memory for reading, one per worker: nothing in it survives a suspension.
using Scratch = std::span<char>;

/// Pieces of one stream that are passed on before others get their turn: a fast peer must not keep the worker to itself.
inline constexpr unsigned pieces_at_once = 16;

/// What a direction has moved in pieces of `bulk_piece_bytes` or more, without a smaller one between, before it is spliced.
inline constexpr std::size_t bulk_bytes = 256 * 1024;
/// Smaller pieces are cheaper to copy.
inline constexpr std::size_t bulk_piece_bytes = 16 * 1024;

/// The client's bytes that are kept at most while they are judged.
inline constexpr std::size_t max_first_bytes = 16 * 1024;

/// What the tunnels of one worker do.
struct TunnelTraffic {
  std::size_t tunnels = 0;   ///< open
  std::uint64_t pieces = 0;  ///< moved so far
};

enum class Verdict : std::uint8_t { need_more, pass, refuse };

/// Judges what the client has sent so far, each time there is more of it. `ended` where no more will come, or as much as is
/// kept has: then need_more counts as refused.
using FirstBytes = std::function<Verdict(std::string_view bytes, bool ended)>;

struct RelayOptions {
  Milliseconds idle{0};              ///< without a byte either way; 0 is never
  bool may_splice = true;            ///< both streams are plain sockets
  std::string first_up;              ///< bytes that have been read from the client already: they go before all others
  FirstBytes first_bytes;            ///< where set, the client's bytes are withheld until it says pass
  Milliseconds head{0};              ///< from the client's first byte until they are judged; 0 is never
  TunnelTraffic* traffic = nullptr;  ///< where set, this tunnel counts there
};

/// `refused`: the client's first bytes were, or it ended before they could be judged. `head_timeout`: they did not come in
/// time. In both cases none of them has gone up.
enum class RelayEnd : std::uint8_t { closed, idle, client_failed, upstream_failed, refused, head_timeout };

struct Relayed {
  RelayEnd end = RelayEnd::closed;
  std::optional<Side> first_end;    ///< who ended or failed first; none where neither had
  std::uint64_t from_client = 0;    ///< bytes that were read from it, `first_up` included, whether or not they could be sent on
  std::uint64_t from_upstream = 0;  ///< the same
};

/// Runs until both directions have ended. Both streams are left open.
Task<Relayed> relay(Stream& client, Stream& upstream, Scratch scratch, RelayOptions options);

}  // namespace ambassador::net
