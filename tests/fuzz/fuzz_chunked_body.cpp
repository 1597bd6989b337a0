// A chunked body has one payload and one end, however it is cut; written anew it is the same. The first byte says how
// long the pieces are.
#include "fuzz/promise.hpp"
#include "wire/http1/body_decoder.hpp"
#include "wire/http1/head_parser.hpp"
#include "wire/http1/writer.hpp"

#include <algorithm>
#include <string>

namespace ambassador::fuzz {
namespace {

constexpr wire::http::Framing chunked{wire::http::BodyKind::chunked, 0};

struct Decoded {
  std::string payload;
  std::string trailers;
  std::size_t consumed = 0;
  bool done = false;
  std::string_view fault;
};

Decoded decode(std::string_view bytes, std::size_t piece_size) {
  wire::http1::BodyDecoder decoder{chunked};
  Decoded out;
  while (out.consumed < bytes.size() && !decoder.done() && !decoder.fault()) {
    std::string piece{bytes.substr(out.consumed, piece_size)};
    auto const step = decoder.decode(piece.data(), piece.size());
    promise(step.payload <= step.consumed && step.consumed <= piece.size(), "no more is decoded than was given");
    promise(step.consumed == piece.size() || decoder.done() || decoder.fault(), "all of a body is taken");
    out.payload.append(piece, 0, step.payload);
    out.consumed += step.consumed;
  }
  out.trailers = decoder.trailers();
  out.done = decoder.done();
  if (decoder.fault()) out.fault = decoder.fault()->why;
  return out;
}

void write_anew(Decoded const& body) {
  wire::http::FieldList trailers;
  if (!body.trailers.empty() && wire::http1::parse_trailers(body.trailers, {}, trailers)) return;
  std::string out;
  if (!body.payload.empty()) {
    wire::http1::append_chunk_size(out, body.payload.size());
    out.append(body.payload).append(wire::http1::chunk_end);
  }
  wire::http1::append_last_chunk(out, trailers);
  auto const again = decode(out, out.size());
  promise(again.done && again.consumed == out.size(), "what is written is one body");
  promise(again.payload == body.payload, "the payload is kept");
  wire::http::FieldList kept;
  promise(again.trailers.empty() || !wire::http1::parse_trailers(again.trailers, {}, kept), "trailers are accepted again");
  promise(std::equal(kept.begin(), kept.end(), trailers.begin(), trailers.end(),
                     [](auto const& a, auto const& b) { return a.name == b.name && a.value == b.value; }),
          "trailers are kept");
}

void read(std::size_t piece_size, std::string_view bytes) {
  auto const whole = decode(bytes, std::max<std::size_t>(bytes.size(), 1));
  auto const pieces = decode(bytes, piece_size);
  promise(whole.done == pieces.done && whole.fault == pieces.fault, "a body ends the same however it is cut");
  promise(whole.consumed == pieces.consumed, "a body ends at the same byte however it is cut");
  promise(whole.payload == pieces.payload && whole.trailers == pieces.trailers, "a body is the same however it is cut");
  if (whole.done) write_anew(whole);
}

}  // namespace
}  // namespace ambassador::fuzz

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  if (size == 0) return 0;
  ambassador::fuzz::read(1 + data[0] % 16U, {reinterpret_cast<char const*>(data) + 1, size - 1});
  return 0;
}
