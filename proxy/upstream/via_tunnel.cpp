#include "upstream/via_tunnel.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace ambassador::upstream {
namespace {

constexpr std::size_t shown_bytes = 120;  // of an answer that is no 2xx

Failure failed(boost::system::error_code code) { return {code, Side::upstream, Stage::connect, false}; }

std::string tunnel_request(Authority const& upstream, std::string_view authorization) {
  auto const authority = upstream.text(0);
  std::string request = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  if (!authorization.empty()) request.append("Proxy-Authorization: ").append(authorization).append("\r\n");
  return request.append("\r\n");
}

/// `HTTP/1.x 2xx`, and no more: a body would not belong to a tunnel.
bool opens_tunnel(std::string_view answer) {
  return answer.starts_with("HTTP/1.") && answer.size() > 12 && is_digit(answer[7]) && answer[8] == ' ' && answer[9] == '2' &&
         is_digit(answer[10]) && is_digit(answer[11]);
}

}  // namespace

net::Task<Result<void>> open_via_tunnel(net::Stream& stream, Authority const& upstream, std::string_view authorization,
                                        std::string& detail) {
  auto const request = tunnel_request(upstream, authorization);
  for (std::string_view left = request; !left.empty();) {  // not write_all, which goes on beyond the stream's deadline
    auto const io = stream.write_some(left);
    left.remove_prefix(io.bytes);
    if (!io.code) continue;
    if (!io.blocked()) co_return failed(io.code);
    auto const [aborted] = co_await stream.writable();
    if (stream.expired()) co_return failed(Errc::timed_out);
    if (aborted) co_return failed(aborted);
  }
  std::string answer;
  while (!answer.ends_with("\r\n\r\n") && answer.size() < max_tunnel_answer) {
    char byte = 0;  // one by one: what follows is the tunnel's
    auto const io = stream.read_some(&byte, 1);
    answer.append(&byte, io.bytes);
    if (!io.code) continue;
    if (!io.blocked()) co_return failed(io.code);
    auto const [aborted] = co_await stream.readable();
    if (stream.expired()) co_return failed(Errc::timed_out);
    if (aborted) co_return failed(aborted);
  }
  if (opens_tunnel(answer) && answer.ends_with("\r\n\r\n")) co_return Result<void>{};
  detail = "the parent proxy answered " + escape(answer.substr(0, answer.find('\r')), shown_bytes);
  co_return failed(Errc::via_refused);
}

}  // namespace ambassador::upstream
