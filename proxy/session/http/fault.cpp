// Faults on demand: what a source's `fault` does to a call before it is sent.
#include "session/http/exchange.hpp"

namespace ambassador::session {

std::optional<route::Injection> Exchange::roll_fault() {
  auto const* const mapping = call_.mapping();
  if (mapping == nullptr || !mapping->fault) return std::nullopt;
  return route::inject(*mapping->fault, context_.random());
}

/// Returns nullopt if the call goes on; the log says that it was delayed.
net::Task<std::optional<After>> Exchange::inject(route::Injection injection) {
  record().reason_code = observe::Reason::fault_injected;
  if (injection.delay.count() > 0) {
    record().reason = "an injected fault: delayed by " + std::to_string(injection.delay.count()) + " ms";
    co_await attempts_.pause(injection.delay);
    delayed_ = injection.delay;
    if (auto const failure = interrupted(Stage::head)) co_return co_await fail(*failure);
  }
  if (injection.abort == 0) co_return std::nullopt;
  co_return co_await reply(injected_reply(*call_.mapping(), injection.abort));
}

}  // namespace ambassador::session
