// A response that we accept and pass on is accepted by our own parser again, and means the same. The first byte says
// which method was asked with.
#include "fuzz/heads.hpp"
#include "session/http/forwarded_head.hpp"
#include "wire/http1/head_parser.hpp"

#include <string>

namespace ambassador::fuzz {
namespace {

using wire::http::BodyKind;
using wire::http::FieldId;
using wire::http::Method;

config::Mapping const& mapping() {
  static config::Mapping const one = [] {
    config::Mapping out;
    out.source.path = "/api";
    auto& target = out.targets.emplace_back();
    target.authority = {"up", 0};
    target.path = "/base";
    return out;
  }();
  return one;
}

wire::http::Framing to_client(wire::http::Framing framing) {
  return framing.kind == BodyKind::until_close ? wire::http::Framing{BodyKind::chunked, 0} : framing;
}

void read(Method method, std::string_view bytes) {
  auto const whole = scan(bytes, 0);
  wire::http::FieldList fields;
  wire::http::ResponseHead head;
  if (!whole || wire::http1::parse_response_head(*whole, {}, method, fields, head)) return;
  promise_fields(head);
  promise(head.status >= 100 && head.status <= 599, "a status is from 100 to 599");
  bool const bodiless = method == Method::head || head.status < 200 || head.status == 204 || head.status == 304;
  promise(!bodiless || !head.body.has_body(), "what has no body by its status or method has none");

  Authority const asked{"client", 81};
  std::string sent;
  session::append_forwarded(sent, head,
                            {.body = to_client(head.body),
                             .pseudonym = "us",
                             .date = "now",
                             .mapping = &mapping(),
                             .mapping_target = &mapping().targets.front(),
                             .asked = &asked});
  auto const again = scan(sent, 0);
  promise(again && *again == sent, "what is passed on is one head");
  wire::http::FieldList client_fields;
  wire::http::ResponseHead client;
  promise(!wire::http1::parse_response_head(sent, {.fields = SIZE_MAX}, method, client_fields, client),
          "what is passed on is accepted again");
  promise(client.status == head.status, "the status is kept");
  promise(client.reason == head.reason, "the reason is kept");
  promise(same(client.body, to_client(head.body)), "the framing is kept");
  promise(client.minor_version == 1 && client.keeps_alive(), "the client is answered in HTTP/1.1 and kept");
  promise(count(client, FieldId::set_cookie) <= count(head, FieldId::set_cookie), "no field comes from nowhere");
  promise(head.connection_names_fields || count(client, FieldId::set_cookie) == count(head, FieldId::set_cookie),
          "no cookie is lost");
}

}  // namespace
}  // namespace ambassador::fuzz

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  using ambassador::fuzz::Method;
  if (size == 0) return 0;
  ambassador::fuzz::read(data[0] == 'H' ? Method::head : Method::get, {reinterpret_cast<char const*>(data) + 1, size - 1});
  return 0;
}
