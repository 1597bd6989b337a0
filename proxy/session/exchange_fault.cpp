// Faults on demand: what a source's `fault` does to a call before it is sent.
#include "session/exchange.hpp"

namespace ambassador::session {
namespace {

using observe::Reason;

ErrorReply injected_reply(config::Mapping const& mapping, unsigned status) {
  return {.status = status,
          .reason = Reason::fault_injected,
          .proxy_status = "proxy_internal_response",
          .what = "an injected fault: " + mapping.source_text + " has a `fault`, and nothing was sent to its target",
          .to_do = "Take `fault` out of the source to have its calls served.",
          .allow = {}};
}

}  // namespace

std::optional<route::InjectedFault> Exchange::roll_fault() {
  auto const* const mapping = decision_.match.mapping;
  if (mapping == nullptr || !mapping->fault) return std::nullopt;
  return route::draw_fault(*mapping->fault, context_.random());
}

/// Nothing where the call goes on: late, then, which the log says.
net::Task<std::optional<After>> Exchange::inject(route::InjectedFault injection) {
  record_.reason_code = Reason::fault_injected;
  if (injection.delay.count() > 0) {
    record_.reason = "an injected fault: delayed by " + std::to_string(injection.delay.count()) + " ms";
    if (auto const failure = co_await wait_on_purpose(injection.delay)) co_return co_await fail(*failure);
  }
  if (injection.abort == 0) co_return std::nullopt;
  co_return co_await reply(injected_reply(*decision_.match.mapping, injection.abort));
}

/// Ends before its time where the client goes away, or the drain time is over.
net::Task<std::optional<Failure>> Exchange::wait_on_purpose(Milliseconds delay) {
  co_await pause(delay);
  delayed_ = delay;
  co_return interrupted(Stage::head);
}

}  // namespace ambassador::session
