// What we accept and forward, head and body, means the same to a parser that is not ours (Node's former http-parser).
#include "fuzz/forwarded_request.hpp"
#include "fuzz/heads.hpp"
#include "wire/http1/body_decoder.hpp"
#include "wire/http1/writer.hpp"

#include <http_parser.h>

#include <cstring>

namespace ambassador::fuzz {
namespace {

/// One message as the other parser sees it.
struct Seen {
  std::string url;
  std::string body;
  std::size_t fields = 0;
  std::size_t trailers = 0;
  int heads = 0;
  int messages = 0;
  bool in_value = true;
};

Seen& seen(http_parser* parser) { return *static_cast<Seen*>(parser->data); }

int take_name(http_parser* parser, char const*, std::size_t) {
  auto& message = seen(parser);
  if (message.in_value) ++(message.heads == 0 ? message.fields : message.trailers);
  message.in_value = false;
  return 0;
}

int take_value(http_parser* parser, char const*, std::size_t) {
  seen(parser).in_value = true;
  return 0;
}

http_parser_settings callbacks() {
  http_parser_settings out;
  http_parser_settings_init(&out);
  out.on_url = [](http_parser* parser, char const* at, std::size_t size) { return seen(parser).url.append(at, size), 0; };
  out.on_body = [](http_parser* parser, char const* at, std::size_t size) { return seen(parser).body.append(at, size), 0; };
  out.on_header_field = take_name;
  out.on_header_value = take_value;
  out.on_headers_complete = [](http_parser* parser) { return ++seen(parser).heads, 0; };
  out.on_message_complete = [](http_parser* parser) { return ++seen(parser).messages, 0; };
  return out;
}

bool knows_method(std::string_view method) {
  for (int i = 0; std::strcmp(http_method_str(static_cast<http_method>(i)), "<unknown>") != 0; ++i) {
    if (method == http_method_str(static_cast<http_method>(i))) return true;
  }
  return false;
}

/// It refuses URLs that are not ASCII, which we keep.
bool knows_url(std::string_view url) {
  return std::none_of(url.begin(), url.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

/// It takes any field whose name begins with Transfer-Encoding for that field.
bool knows_fields(wire::http::Head const& head) {
  constexpr std::string_view coding = "Transfer-Encoding";
  return std::none_of(head.fields.begin(), head.fields.end(), [&](auto const& field) {
    return field.name.size() > coding.size() && iequals(field.name.substr(0, coding.size()), coding);
  });
}

struct Body {
  std::string payload;
  std::string written;
  std::size_t trailers = 0;
};

/// The body behind the head as it goes upstream; nothing where it is not whole or not right.
std::optional<Body> forward_body(wire::http::Framing framing, std::string_view bytes) {
  wire::http1::BodyDecoder decoder{framing};
  Body body;
  body.payload = bytes;
  auto const step = decoder.decode(body.payload.data(), body.payload.size());
  if (!decoder.done()) return std::nullopt;
  body.payload.resize(step.payload);
  if (framing.kind != wire::http::BodyKind::chunked) {
    body.written = body.payload;
    return body;
  }
  wire::http::FieldList trailers;
  if (!decoder.trailers().empty() && wire::http1::parse_trailers(decoder.trailers(), {}, trailers)) return std::nullopt;
  if (!body.payload.empty()) {
    wire::http1::append_chunk_size(body.written, body.payload.size());
    body.written.append(body.payload).append(wire::http1::chunk_end);
  }
  wire::http1::append_last_chunk(body.written, trailers);
  body.trailers = trailers.size();
  return body;
}

void read(std::string_view bytes) {
  auto const head = scan(bytes);
  ForwardedHead sent;
  if (!head || !forward(*head, sent)) return;
  auto const head_end = static_cast<std::size_t>(head->data() - bytes.data()) + head->size();
  auto const body = forward_body(sent.head.body, bytes.substr(head_end));
  if (!body || !knows_method(sent.head.method_text) || !knows_url(sent.target) || !knows_fields(sent.head)) return;
  auto const message = sent.bytes + body->written;

  wire::http::FieldList fields;
  wire::http::RequestHead ours;
  promise(!wire::http1::parse_request_head(sent.bytes, {.fields = SIZE_MAX}, fields, ours),
          "what is forwarded is accepted again");
  static http_parser_settings const settings = callbacks();
  Seen theirs;
  http_parser parser;
  http_parser_init(&parser, HTTP_REQUEST);
  parser.data = &theirs;
  auto const used = http_parser_execute(&parser, &settings, message.data(), message.size());
  promise(HTTP_PARSER_ERRNO(&parser) == HPE_OK && used == message.size(), "another parser accepts what is forwarded");
  promise(theirs.messages == 1 && theirs.heads == 1, "what is forwarded is one message");
  promise(http_method_str(static_cast<http_method>(parser.method)) == sent.head.method_text, "its method is the same");
  promise(theirs.url == sent.target, "its URL is the same");
  promise(theirs.fields == ours.fields.size(), "its fields are as many");
  promise(theirs.trailers == body->trailers, "its trailers are as many");
  promise(theirs.body == body->payload, "its body is the same");
}

}  // namespace
}  // namespace ambassador::fuzz

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  ambassador::fuzz::read({reinterpret_cast<char const*>(data), size});
  return 0;
}
