// A request that we accept and forward is accepted by our own parser again, and means the same.
#include "fuzz/forwarded_request.hpp"
#include "fuzz/heads.hpp"

namespace ambassador::fuzz {
namespace {

using wire::http::FieldId;

void read(std::string_view bytes) {
  auto const head = scan(bytes);
  ForwardedHead sent;
  if (!head || !forward(*head, sent)) return;
  promise_fields(sent.head);
  promise(is_token(sent.head.method_text), "a method is a token");

  auto const again = scan(sent.bytes);
  promise(again && *again == sent.bytes, "what is forwarded is one head");
  wire::http::FieldList fields;
  wire::http::RequestHead upstream;
  // Host, Via and the framing may be new.
  promise(!wire::http1::parse_request_head(sent.bytes, {.head = SIZE_MAX, .fields = SIZE_MAX, .target = SIZE_MAX}, fields,
                                           upstream),
          "what is forwarded is accepted again");
  promise(upstream.method_text == sent.head.method_text && upstream.target == sent.target, "the request line is kept");
  promise(same(upstream.body, sent.head.body), "the framing is kept");
  promise(upstream.minor_version == 1 && upstream.keeps_alive(), "the upstream is spoken to in HTTP/1.1 and kept");
  promise(count(upstream, FieldId::host) == 1 && upstream.host == "up:8080", "Host is the target's, once");
  promise(count(upstream, FieldId::via) == count(sent.head, FieldId::via) + 1, "one Via is added");
  promise(route::went_through(upstream, pseudonym), "a loop is seen");
  for (auto const id :
       {FieldId::connection, FieldId::te, FieldId::upgrade, FieldId::proxy_authorization, FieldId::keep_alive}) {
    promise(count(upstream, id) == 0, "fields of one hop are dropped");
  }
}

}  // namespace
}  // namespace ambassador::fuzz

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  ambassador::fuzz::read({reinterpret_cast<char const*>(data), size});
  return 0;
}
