#include "session/call.hpp"

#include "net/now.hpp"
#include "route/nearest_miss.hpp"
#include "route/suggestion.hpp"

#include <utility>

namespace ambassador::session {
namespace {

using observe::Reason;

observe::Decision recorded(route::Verdict verdict) noexcept {
  switch (verdict) {
    case route::Verdict::mapped: return observe::Decision::mapped;
    case route::Verdict::allowed: return observe::Decision::allowed;
    case route::Verdict::reported: return observe::Decision::reported;
    case route::Verdict::blocked: return observe::Decision::blocked;
  }
  return observe::Decision::blocked;
}

/// Whether the destination is one that a suggestion would add to the map.
bool is_uncovered(observe::CallRecord const& record) noexcept {
  if (record.decision == observe::Decision::reported) return true;
  return record.decision == observe::Decision::blocked && record.reason_code == Reason::not_in_map;
}

}  // namespace

Call::Call(Context& context, Policy& policy, ListenerInfo const& listener, std::string_view client, CallStorage& storage)
    : context_{context},
      policy_{policy},
      listener_{listener},
      storage_{storage},
      began_{net::now()},
      timeout_{&policy.rules.settings().timeout} {
  auto& record = storage_.record;
  record.clear();
  record.time = std::chrono::system_clock::now();
  record.listener = listener.text;
  record.client.assign(client);
}

Call::~Call() {
  auto& record = storage_.record;
  if (has_place_) policy_.source_limits.end_call(source());
  if (!logged_) return;
  record.duration = net::now() - began_;
  if (is_uncovered(record)) {
    context_.seen.saw(route::seen_destination(storage_.url, listener_.port), record.time);
  }
  context_.metrics.record(record);
  context_.log.append(record);
}

void Call::decide(std::string_view method, std::span<wire::http::Field const> fields, std::uint16_t listener_port) {
  decision_ = policy_.rules.decide(storage_.url, method, fields, listener_port);
  take_decision();
}

void Call::decide_by_listener(std::uint32_t source) {
  auto const& mapping = settings().map[source];
  decision_ = {route::Verdict::mapped, {&mapping, source, 0}, &mapping.targets.front(), nullptr};
  take_decision();
}

/// What the decision means for the record and the timeouts.
void Call::take_decision() {
  auto& record = storage_.record;
  record.decision = recorded(decision_.verdict);
  if (decision_.verdict == route::Verdict::reported) {
    record.reason_code = Reason::not_in_map;
    record.reason.assign("not in the map");
  }
  if (is_mapped()) {
    timeout_ = &mapping()->timeout;
    record.mapping = policy_.series.mappings[source()];
    record.rule = mapping()->source_text;
  } else if (decision_.allow != nullptr) {
    record.rule = decision_.allow->text;
    record.allow_rule = policy_.series.allowed[index_of(*decision_.allow)];
  }
}

std::size_t Call::index_of(config::AllowRule const& rule) const noexcept {
  return static_cast<std::size_t>(&rule - settings().allow.data());
}

Problem Call::explain_block(std::string_view method, std::span<wire::http::Field const> fields) const {
  auto const& url = storage_.url;
  auto const miss = route::find_nearest_miss(policy_.rules, url, method, fields, listener_.port);
  return {.reason = Reason::not_in_map,
          .what = route::describe_block(miss, url, method),
          .to_do = "To let it pass, add to the configuration:\n\n" + route::lines_to_paste(url, listener_.port)};
}

std::optional<Problem> Call::take_place() {
  if (!is_mapped()) return std::nullopt;
  auto& limits = policy_.source_limits;
  if (auto const wait = limits.over_rate(source(), began_)) return over_rate(*mapping(), *wait);
  if (!limits.begin_call(source())) return too_many_requests(*mapping());
  has_place_ = true;
  if (mapping()->credential && policy_.credentials.of(source()) == nullptr) return credential_missing(*mapping());
  return std::nullopt;
}

std::optional<Problem> Call::block_literal() {
  if (is_mapped()) return std::nullopt;
  auto const& host = storage_.url.authority.host;
  auto const& options = egress().options;
  auto const kind = options.tunnelled ? std::nullopt : upstream::refused_to_parent(options, host);
  if (!kind) return std::nullopt;
  storage_.record.decision = observe::Decision::blocked;
  return session::explain({Errc::address_refused, Side::local, Stage::connect, false}, {},
                          host + " is " + std::string{balance::name(*kind)});
}

upstream::Egress const& Call::egress() const noexcept {
  if (is_mapped()) return policy_.egress.of_mapping(source());
  auto const scheme = route::target_scheme(decision_, storage_.url);
  if (decision_.allow == nullptr) return policy_.egress.of_unmapped(scheme);
  return policy_.egress.of_allowed(index_of(*decision_.allow), scheme);
}

std::string_view Call::shown_target() const noexcept {
  auto const& record = storage_.record;
  return record.target.empty() ? record.source : record.target;
}

Problem Call::explain(Failure const& failure, std::string_view detail) {
  if (failure.code == Errc::address_refused) storage_.record.decision = observe::Decision::blocked;
  return session::explain(failure, shown_target(), detail);
}

void Call::note(Problem problem) noexcept {
  storage_.record.reason_code = problem.reason;
  storage_.record.reason = std::move(problem.what);
}

}  // namespace ambassador::session
