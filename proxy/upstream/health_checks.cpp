#include "upstream/health_checks.hpp"

#include "balance/retry.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "net/now.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

namespace ambassador::upstream {
namespace asio = boost::asio;

namespace {

Failure check_failure(boost::system::error_code code) { return {code, Side::upstream, Stage::response_head, false}; }

/// `HTTP/1.x 2xx`.
bool is_well(std::string_view answer) noexcept {
  return answer.starts_with("HTTP/1.") && answer.size() > 9 && answer[8] == ' ' && answer[9] == '2';
}

}  // namespace

void HealthChecks::want(config::Mapping const& mapping, SourceEndpointPtr const& endpoint) {
  auto const found = std::find_if(checks_.begin(), checks_.end(), [&](auto const& check) {
    return check->source == mapping.source_text && check->endpoint->endpoint->text == endpoint->endpoint->text;
  });
  auto& check = found != checks_.end() ? **found : *checks_.emplace_back(std::make_unique<Check>());
  check.wanted = true;
  if (check.running) return;
  check.how = *mapping.health;
  check.source = mapping.source_text;
  check.host = mapping.targets[endpoint->target].host_header;
  check.endpoint = endpoint;
}

void HealthChecks::look(std::vector<config::Mapping> const& map, SourceTable& sources, SteadyTime now) {
  if (now < next_look_) return;
  next_look_ = now + look_interval;
  for (auto const& check : checks_) check->wanted = false;
  for (std::size_t index = 0; index < map.size(); ++index) {
    if (!map[index].health) continue;
    for (auto const& endpoint : sources.of(index).all(now)) want(map[index], endpoint);
  }
  std::erase_if(checks_, [](auto const& check) { return !check->wanted && !check->running; });
  for (auto const& check : checks_) {
    if (check->running || now < check->next) continue;
    check->running = true;
    check->next = now + check->how.interval;
    asio::co_spawn(executor_, run(*check), asio::detached);
  }
}

net::Task<void> HealthChecks::run(Check& check) {
  auto const outcome = co_await ask(check);
  check.lease.drop();
  take(check, outcome, net::now());
  check.running = false;
}

/// On a connection of its own, so that connecting is checked too.
net::Task<Result<void>> HealthChecks::ask(Check& check) {
  auto const limit = net::now() + check.how.timeout;
  check.attempt.clear();
  std::vector<EndpointPtr> only{check.endpoint->endpoint};
  auto opened = co_await check.endpoint->pool->open(check.how.timeout, std::move(only), check.attempt, check.wish);
  if (!opened) co_return opened.error();
  check.lease = std::move(*opened);
  if (check.how.kind == config::HealthCheck::Kind::tcp) co_return Result<void>{};
  check.lease.stream().expires_at(limit);
  co_return co_await ask_http(check);
}

net::Task<Result<void>> HealthChecks::ask_http(Check& check) {
  auto& stream = check.lease.stream();
  std::string request = "GET " + check.how.path + " HTTP/1.1\r\nHost: " + check.host +
                        "\r\nUser-Agent: ambassador-health\r\nConnection: close\r\n\r\n";
  auto const sent = co_await stream.write_all(std::move(request), check.how.timeout);
  if (sent) co_return check_failure(sent);
  auto& answer = check.answer;
  std::size_t have = 0;
  while (have < answer.size()) {
    auto const io = stream.read_some(answer.data() + have, answer.size() - have);
    have += io.bytes;
    std::string_view const text{answer.data(), have};
    if (auto const end = text.find('\r'); end != std::string_view::npos) {
      if (is_well(text)) co_return Result<void>{};
      check.attempt.detail = "it answered " + escape(text.substr(0, end), 64);
      co_return check_failure(Errc::bad_answer);
    }
    if (!io.code) continue;
    if (!io.blocked()) co_return check_failure(io.code);
    co_await stream.readable();
    if (stream.expired()) co_return check_failure(Errc::timed_out);
  }
  co_return check_failure(Errc::head_too_large);
}

void HealthChecks::take(Check& check, Result<void> const& outcome, SteadyTime now) {
  // Where all of `limits.connections` are in use, nothing was asked.
  if (!outcome && !balance::is_fault_of_endpoint(outcome.error())) return;
  auto& state = *check.endpoint->state;
  auto const& address = check.endpoint->endpoint->text;
  auto const change = check.state.report(outcome.has_value(), check.how.fall, check.how.rise);
  if (change == balance::Change::became_unhealthy) {
    balance::mark_failing(state);
    auto const& detail = check.attempt.detail;
    events_.warn("{} of {} is unhealthy: {}", address, check.source, detail.empty() ? outcome.error().code.message() : detail);
  } else if (change == balance::Change::became_healthy) {
    balance::mark_healthy(state, nanoseconds(now));
    events_.info("{} of {} is healthy again", address, check.source);
  }
}

}  // namespace ambassador::upstream
