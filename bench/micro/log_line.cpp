// The line that the access log gets for a call.
#include "observe/access_log.hpp"
#include "operation.hpp"

#include <chrono>
#include <string>

namespace ambassador::micro {
namespace {

using namespace observe;

CallRecord mapped_call() {
  CallRecord call;
  call.time = SystemTime{std::chrono::milliseconds{1'795'329'294'903}};
  call.duration = std::chrono::nanoseconds{1'345'678};
  call.upstream_duration = std::chrono::nanoseconds{1'200'000};
  call.listener = "127.0.0.1:1080";
  call.client = "127.0.0.1:40000";
  call.protocol = CallProtocol::http11;
  call.method = "GET";
  call.source = "http://numbers.internal/api/v1/numbers?page=3&size=50";
  call.target = "http://numbers-api:8080/v1/numbers?page=3&size=50";
  call.rule = "http://numbers.internal/api";
  call.mapping = 0;
  call.decision = Decision::mapped;
  call.status = 200;
  call.bytes_out = 1234;
  call.upstream = "10.2.0.7:8080";
  call.tries = 1;
  return call;
}

CallRecord blocked_call() {
  auto call = mapped_call();
  call.target.clear();
  call.rule = {};
  call.mapping = no_mapping;
  call.decision = Decision::blocked;
  call.status = 403;
  call.upstream.clear();
  call.tries = 0;
  call.reason = "not in the map";
  call.reason_code = Reason::not_in_map;
  return call;
}

Loop line(CallRecord call, LineFormat format) {
  return repeat([call = std::move(call), format, out = std::string{}]() mutable {
    out.clear();
    append_line(out, call, {format, false});
    return out.size();
  });
}

}  // namespace

Operations log_line() {
  return {
      {"log/text, mapped", [] { return line(mapped_call(), LineFormat::text); }},
      {"log/text, blocked", [] { return line(blocked_call(), LineFormat::text); }},
      {"log/json, mapped", [] { return line(mapped_call(), LineFormat::json); }},
  };
}

}  // namespace ambassador::micro
