// Where a call goes among its source's endpoints, and where it goes next when a try has failed.
#include "balance/back_off.hpp"
#include "balance/random.hpp"
#include "base/bytes.hpp"
#include "net/now.hpp"
#include "route/forwarding.hpp"
#include "session/exchange.hpp"

#include <algorithm>
#include <array>

namespace ambassador::session {
namespace {

using balance::RetryVerdict;

/// Answers that say that the endpoint, not the app, has failed.
constexpr std::array<unsigned, 3> gateway_failures{502, 503, 504};

/// The address alone: a client's connections have many ports.
std::string_view without_port(std::string_view address) noexcept { return address.substr(0, address.rfind(':')); }

std::optional<std::string_view> cookie_of(std::span<wire::http::Field const> fields, std::string_view name) {
  for (auto const& field : fields) {
    if (!iequals(field.name, "cookie")) continue;
    for (auto rest = field.value; !rest.empty();) {
      auto const end = std::min(rest.find(';'), rest.size());
      auto const pair = trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      auto const equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> header_of(std::span<wire::http::Field const> fields, std::string_view name) {
  for (auto const& field : fields) {
    if (iequals(field.name, name)) return field.value;
  }
  return std::nullopt;
}

/// RFC 9110 section 10.2.3; dates are rare, and taken for none.
std::optional<std::chrono::seconds> retry_after(std::span<wire::http::Field const> fields) {
  auto const value = header_of(fields, "retry-after");
  auto const seconds = value ? parse_decimal(*value) : std::nullopt;
  if (!seconds || *seconds == 0) return std::nullopt;
  return std::chrono::seconds{std::min<std::uint64_t>(*seconds, INT32_MAX)};
}

}  // namespace

/// The key of the call, for Balance::hash. Nothing where the request does not have what is asked for.
std::optional<std::uint64_t> Exchange::hash_of_call(std::span<wire::http::Field const> fields) const {
  auto const& mapping = *decision_.match.mapping;
  if (mapping.balance != config::Balance::hash) return std::nullopt;
  std::optional<std::string_view> key;
  switch (mapping.hash.of) {
    case config::HashKey::Of::client: key = without_port(client_.address); break;
    case config::HashKey::Of::header: key = header_of(fields, mapping.hash.name); break;
    case config::HashKey::Of::cookie: key = cookie_of(fields, mapping.hash.name); break;
  }
  return key ? std::optional{balance::stable_hash(*key)} : std::nullopt;
}

/// Before the request is written: its Host is the target's. Where no address is known yet, the first target's.
void Exchange::choose_endpoint(std::span<wire::http::Field const> fields) {
  endpoints_ = nullptr;
  tried_.clear();
  retries_ = 0;
  if (decision_.verdict != route::Verdict::mapped) {
    pool_ = context_.pools.of(upstream::next_pool({url_.authority.host, url_.port()}, egress()), egress()).get();
    return;
  }
  endpoints_ = &policy_->sources.of(decision_.match.index);
  hash_ = hash_of_call(fields);
  policy_->source_limits.budget(decision_.match.index).count_request(nanoseconds(began_));
  pool_ = endpoints_->first_pool();
  choice_ = endpoints_->choose(began_, hash_, {});
  if (!choice_) return;
  pool_ = choice_->pool.get();
  decision_.target = &decision_.match.mapping->targets[choice_->target];
}

/// The request goes to this endpoint instead; its head is written for another target where it has one.
void Exchange::go_to(upstream::Choice choice) {
  choice_ = std::move(choice);
  pool_ = choice_->pool.get();
  auto const* const target = &decision_.match.mapping->targets[choice_->target];
  if (target == decision_.target) return;
  decision_.target = target;
  if (is_connection(record_.protocol)) {
    record_.target.assign(target->text);
  } else {
    record_.target.clear();
    auto const written = request_start();
    std::string start;
    route::append_start(start, record_.method, written.target, written.host);
    up_writer_.replace_start(start_bytes_, start);
    start_bytes_ = start.size();
  }
}

/// Waits for the first address, where none was known when the call began.
net::Task<Result<void>> Exchange::resolve_endpoint() {
  wish_.make();
  auto const resolved = co_await endpoints_->resolve(net::now() + timeout_->connect, attempt_, wish_);
  if (auto const failure = interrupted(Stage::resolve)) co_return *failure;
  if (!resolved) co_return resolved.error();
  auto choice = endpoints_->choose(net::now(), hash_, tried_);
  if (!choice) co_return Failure{Errc::no_address, Side::upstream, Stage::resolve, false};
  go_to(std::move(choice));
  co_return Result<void>{};
}

// What came of a try.

balance::TriedRequest Exchange::tried_request() const noexcept {
  return {.tries = record_.tries,
          .retries = retries_,
          .unsent_moves = record_.tries - 1 - retries_,
          .idempotent = wire::http::is_idempotent(method_),
          .any_byte_sent = any_byte_sent_,
          .replayable = !uploaded_beyond_kept_,
          .response_begun = response_came_,
          .other_endpoint = has_other_endpoint(),
          .per_try_expired = per_try_over_};
}

bool Exchange::has_other_endpoint() const noexcept {
  if (endpoints_ == nullptr || !choice_) return false;
  return endpoints_->has_other(choice_.get(), tried_);
}

balance::RetryPolicy Exchange::retry_policy() const noexcept {
  if (endpoints_ == nullptr) return {};
  auto const& retry = decision_.match.mapping->retry;
  return {.attempts = retry.attempts, .on_connect = retry.on_connect, .on_reset = retry.on_reset, .statuses = retry.on};
}

bool Exchange::take_retry_budget() noexcept {
  return endpoints_ == nullptr || policy_->source_limits.budget(decision_.match.index).take(nanoseconds(net::now()));
}

/// What the head of an answer says of its endpoint.
void Exchange::report_answer(wire::http::ResponseHead const& head) {
  if (!choice_) return;
  auto const time = net::now();
  bool const failed = std::find(gateway_failures.begin(), gateway_failures.end(), head.status) != gateway_failures.end();
  if (failed) {
    endpoints_->failed(*choice_, time);
  } else {
    endpoints_->succeeded(*choice_, time - sent_at_, time);
  }
  if (head.status != 503 && head.status != 429) return;
  if (auto const wait = retry_after(head.fields)) endpoints_->hold_off(*choice_, *wait, time);
}

/// Whether another endpoint is asked instead. It is chosen here: where nobody else may be asked, this answer is the best there
/// is.
bool Exchange::choose_another(wire::http::ResponseHead const& head) {
  if (!choice_ || head.status < 400) return false;
  if (balance::judge_retry_status(head.status, tried_request(), retry_policy()) != RetryVerdict::elsewhere) return false;
  tried_.push_back(choice_.get());
  next_choice_ = endpoints_->choose(net::now(), hash_, tried_);
  if (next_choice_ && !take_retry_budget()) next_choice_.reset();
  return static_cast<bool>(next_choice_);
}

RetryVerdict Exchange::judge(Failure const& failure) {
  if (failure.code == Errc::bad_answer) return RetryVerdict::elsewhere;
  auto const request = tried_request();
  auto const verdict = balance::judge_retry(failure, request, retry_policy());
  return !balance::needs_budget(verdict, request) || take_retry_budget() ? verdict : RetryVerdict::give_up;
}

/// After a failed try whose lease is gone: whether there is another one, which `choice_` and `pool_` are ready for.
net::Task<bool> Exchange::begin_again(RetryVerdict verdict, Failure const& failure) {
  bool const blamed = balance::is_fault_of_endpoint(failure) && failure.code != Errc::bad_answer;
  if (choice_ && blamed) endpoints_->failed(*choice_, net::now());
  if (verdict == RetryVerdict::give_up) co_return false;
  if (verdict != RetryVerdict::move) ++retries_;
  if (choice_ && verdict != RetryVerdict::again) {
    if (!next_choice_) {
      tried_.push_back(choice_.get());
      next_choice_ = endpoints_->choose(net::now(), hash_, tried_);
    }
    if (!next_choice_) co_return false;
    go_to(std::move(next_choice_));
  }
  if (verdict == RetryVerdict::elsewhere) co_await pause(balance::back_off(retries_, to_share(context_.random())));
  if (interrupted(Stage::connect)) co_return false;
  context_.metrics.retried(record_.mapping, retry_reason(failure));
  co_return true;
}

/// A wait that the call's end ends too.
net::Task<void> Exchange::pause(Milliseconds wait) {
  wish_.make();
  net::Event over{context_.executor};
  over.give_up_at(net::now() + wait);
  wish_.waits_for(over);
  co_await over.wait();
  wish_.waits_no_more();
}

}  // namespace ambassador::session
