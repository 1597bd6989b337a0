// Faults on demand: what a source's `fault` does to a call before it is sent.
#include "session/http/exchange.hpp"

namespace ambassador::session {

std::optional<route::InjectedFault> Exchange::roll_fault() {
  auto const* const mapping = call_.mapping();
  if (mapping == nullptr || !mapping->fault) return std::nullopt;
  return route::draw_fault(*mapping->fault, context_.random());
}

/// Returns nullopt if the call goes on; the log says that it was delayed.
net::Task<std::optional<After>> Exchange::inject(route::InjectedFault injection) {
  record().reason_code = observe::Reason::fault_injected;
  if (injection.delay.count() > 0) {
    record().reason = "an injected fault: delayed by " + std::to_string(injection.delay.count()) + " ms";
    co_await attempts_.pause(injection.delay);
    delayed_ = injection.delay;
    if (is_interrupted()) co_return co_await fail(interruption(Stage::head));
  }
  if (injection.abort == 0) co_return std::nullopt;
  co_return co_await reply(injected_reply(*call_.mapping(), injection.abort));
}

}  // namespace ambassador::session
