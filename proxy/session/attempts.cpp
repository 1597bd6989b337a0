#include "session/attempts.hpp"

#include "balance/back_off.hpp"
#include "base/random.hpp"
#include "net/now.hpp"

#include <algorithm>
#include <utility>

namespace ambassador::session {

using balance::RetryVerdict;

// Which endpoint.

void Attempts::choose(std::optional<std::uint64_t> hash) {
  auto const& url = call_.url();
  if (!call_.is_mapped()) {
    auto const& egress = call_.egress();
    pool_ = context_.pools.of(upstream::next_pool({url.authority.host, url.port()}, egress), egress).get();
    return;
  }
  hash_ = hash;
  auto& policy = call_.policy();
  endpoints_ = &policy.sources.of(call_.source());
  policy.source_limits.budget(call_.source()).count_request(nanoseconds(call_.began()));
  pool_ = endpoints_->first_pool();
  auto choice = endpoints_->choose(call_.began(), hash_, {});
  if (choice) go_to(std::move(choice));
}

void Attempts::go_to(upstream::Choice choice) {
  choice_ = std::move(choice);
  pool_ = choice_->pool.get();
  call_.aim_at(call_.mapping()->targets[choice_->target]);
}

void Attempts::choose_next() {
  tried_.push_back(choice_.get());
  next_choice_ = endpoints_->choose(net::now(), hash_, tried_);
}

bool Attempts::has_other_endpoint() const noexcept { return choice_ && endpoints_->has_other(choice_.get(), tried_); }

// A try and its connection.

bool Attempts::take_idle(bool last_look) {
  // Later tries are not made on a connection that idled: it may have gone the same way as the first.
  if (call_.record().tries != 1 || (endpoints_ != nullptr && !choice_)) return false;
  lease_ = pool_->take_idle(try_began_, last_look, choice_ ? choice_->endpoint.get() : nullptr);
  return static_cast<bool>(lease_);
}

net::Task<Result<void>> Attempts::resolve() {
  if (endpoints_ == nullptr || choice_) co_return Result<void>{};
  wish_.make();
  auto const resolved = co_await endpoints_->resolve(net::now() + call_.timeout().connect, opening(), wish_);
  if (is_interrupted()) co_return interruption(Stage::resolve);
  if (!resolved) co_return resolved.error();
  auto choice = endpoints_->choose(net::now(), hash_, tried_);
  if (!choice) co_return Failure{Errc::no_address, Side::upstream, Stage::resolve, false};
  go_to(std::move(choice));
  co_return Result<void>{};
}

net::Task<Result<void>> Attempts::connect() {
  std::vector<upstream::EndpointPtr> order;
  if (choice_) order = endpoints_->connecting_order(choice_, net::now());
  auto const whole = call_.timeout().connect;
  auto opened = co_await pool_->open(std::min(whole, per_try().value_or(whole)), std::move(order), opening(), wish_);
  call_.record().upstream.assign(opening_->address);
  if (is_interrupted()) co_return interruption(Stage::connect);
  if (!opened) co_return opened.error();
  lease_ = std::move(*opened);
  if (choice_) choice_ = endpoints_->moved(std::move(choice_), lease_.endpoint());
  co_return Result<void>{};
}

// Its outcome.

Failure Attempts::upstream_failure(boost::system::error_code code, Stage stage) const noexcept {
  return {code, Side::upstream, stage, lease_ && lease_.reused()};
}

// Whether another try follows.

balance::TriedRequest Attempts::complete(balance::TriedRequest request) const noexcept {
  request.tries = call_.record().tries;
  request.retries = retries_;
  request.unsent_moves = request.tries - 1 - retries_;
  request.other_endpoint = has_other_endpoint();
  return request;
}

balance::RetryPolicy Attempts::retry_policy() const noexcept {
  if (endpoints_ == nullptr) return {};
  auto const& retry = call_.mapping()->retry;
  return {.attempts = retry.attempts, .on_connect = retry.on_connect, .on_reset = retry.on_reset, .statuses = retry.on};
}

bool Attempts::take_retry_budget() noexcept {
  return endpoints_ == nullptr || call_.policy().source_limits.budget(call_.source()).take(nanoseconds(net::now()));
}

RetryVerdict Attempts::judge(Failure const& failure, balance::TriedRequest const& request) noexcept {
  if (failure.code == Errc::bad_answer) return RetryVerdict::elsewhere;  // `choose_another` was asked
  auto const tried = complete(request);
  auto const verdict = balance::judge_retry(failure, tried, retry_policy());
  return !balance::needs_budget(verdict, tried) || take_retry_budget() ? verdict : RetryVerdict::give_up;
}

bool Attempts::choose_another() {
  choose_next();
  if (next_choice_ && !take_retry_budget()) next_choice_.reset();
  return static_cast<bool>(next_choice_);
}

net::Task<bool> Attempts::begin_again(RetryVerdict verdict, Failure const& failure) {
  if (lease_ && detail().empty()) opening().detail = lease_.stream().tls_detail();
  lease_.drop();
  bool const blamed = balance::is_fault_of_endpoint(failure) && failure.code != Errc::bad_answer;
  if (blamed) report_failure(net::now());
  if (verdict == RetryVerdict::give_up) co_return false;
  if (verdict != RetryVerdict::move) ++retries_;
  if (choice_ && verdict != RetryVerdict::again) {
    if (!next_choice_) choose_next();
    if (!next_choice_) co_return false;
    go_to(std::move(next_choice_));
  }
  if (verdict == RetryVerdict::elsewhere) co_await pause(balance::back_off(retries_, to_share(context_.random())));
  if (is_interrupted()) co_return false;
  context_.metrics.retried(call_.record().mapping, retry_reason(failure));
  co_return true;
}

// The call's end.

net::Task<void> Attempts::pause(Milliseconds wait) {
  wish_.make();
  net::Event over{context_.executor};
  over.give_up_at(net::now() + wait);
  wish_.waits_for(over);
  co_await over.wait();
  wish_.waits_no_more();
}

void Attempts::abandon() noexcept {
  abandoned_ = true;
  wish_.give_up();
  if (lease_) lease_.stream().cancel();
}

void Attempts::shut_down() noexcept {
  shut_down_ = true;
  wish_.give_up();
  if (lease_) lease_.stream().shutdown_both();
}

}  // namespace ambassador::session
