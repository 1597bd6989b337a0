// A PROXY header has one meaning and one end, however it comes; written anew, in either version, it is the same.
#include "fuzz/promise.hpp"
#include "wire/proxy_protocol.hpp"

#include <string>

namespace ambassador::fuzz {
namespace {

using wire::ProxiedConnection;
using wire::ProxyHeaderRead;
using wire::read_proxy_header;
using State = ProxyHeaderRead::State;

bool same(ProxyHeaderRead const& a, ProxyHeaderRead const& b) {
  return a.state == b.state && a.connection == b.connection && a.size == b.size && a.why == b.why;
}

void write_anew(ProxiedConnection const& connection) {
  std::string line;
  append_proxy_line(line, connection);
  promise(line.size() <= wire::max_proxy_line, "a line is as short as the specification says");
  std::string header;
  append_proxy_header(header, connection);
  for (auto const& written : {line, header}) {
    auto const again = read_proxy_header(written);
    promise(again.state == State::complete && again.size == written.size(), "what is written is one header");
    promise(again.connection == connection, "what is written is the same connection");
  }
}

void read(std::string_view bytes) {
  auto const whole = read_proxy_header(bytes);
  promise(whole.state != State::need_more || bytes.size() < wire::max_proxy_header, "so many bytes hold a header");
  promise(whole.size <= bytes.size(), "no more is taken than was given");
  promise((whole.state == State::malformed) == !whole.why.empty(), "what is malformed has a reason");
  for (std::size_t size = 0; size < bytes.size() && size < 256; ++size) {
    auto const part = read_proxy_header(bytes.substr(0, size));
    promise(part.state == State::need_more || same(part, whole), "what was decided stays decided");
  }
  if (whole.state != State::complete) return;
  promise(same(read_proxy_header(bytes.substr(0, whole.size)), whole), "what follows a header does not change it");
  promise(read_proxy_header(bytes.substr(0, whole.size - 1)).state == State::need_more, "a header ends with its last byte");
  if (whole.connection) write_anew(*whole.connection);
}

}  // namespace
}  // namespace ambassador::fuzz

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  ambassador::fuzz::read({reinterpret_cast<char const*>(data), size});
  return 0;
}
