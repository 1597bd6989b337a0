#include "upstream/connect_race.hpp"

#include "base/error.hpp"
#include "net/now.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

namespace ambassador::upstream {
namespace asio = boost::asio;

namespace {

Failure connect_failure(boost::system::error_code code) { return {code, Side::upstream, Stage::connect, false}; }

}  // namespace

void ConnectRace::start(EndpointPtr const& endpoint, SteadyTime limit) {
  auto runner = std::make_unique<Runner>();
  runner->connection = std::make_unique<Connection>(executor_, wheel_, endpoint);
  runner->connection->stream.expires_at(limit);
  runners_.push_back(std::move(runner));
  asio::co_spawn(executor_, run_one(*runners_.back()), asio::detached);
}

net::Task<void> ConnectRace::run_one(Runner& runner) {
  runner.code = co_await runner.connection->stream.connect(runner.connection->endpoint->address);
  runner.ended = true;
  if (progress_) progress_->set();
}

ConnectRace::Runner* ConnectRace::winner() noexcept {
  auto const won =
      std::find_if(runners_.begin(), runners_.end(), [](auto const& runner) { return runner->ended && !runner->code; });
  return won == runners_.end() ? nullptr : won->get();
}

bool ConnectRace::any_runs() const noexcept {
  return std::any_of(runners_.begin(), runners_.end(), [](auto const& runner) { return !runner->ended; });
}

net::Task<void> ConnectRace::wait_until(SteadyTime when) {
  progress_.emplace(executor_);
  progress_->give_up_at(when);
  co_await progress_->wait();
}

/// They use this object.
net::Task<void> ConnectRace::end_others() {
  for (auto const& runner : runners_) {
    if (!runner->ended) runner->connection->stream.cancel();
  }
  while (any_runs()) co_await wait_until(SteadyTime::max());
  progress_.reset();
}

net::Task<Result<std::unique_ptr<Connection>>> ConnectRace::run(std::span<EndpointPtr const> endpoints, SteadyTime limit,
                                                                Wish& wish, EndpointPtr& tried) {
  std::size_t next = 0;
  SteadyTime next_start{};
  while (winner() == nullptr && !wish.given_up()) {
    auto const time = net::now();
    bool const alone = !any_runs();
    if (time >= limit || (alone && next == endpoints.size())) break;
    if (next < endpoints.size() && (alone || time >= next_start)) {
      tried = endpoints[next++];
      start(tried, limit);
      next_start = time + attempt_delay;
    }
    progress_.emplace(executor_);
    progress_->give_up_at(next < endpoints.size() ? std::min(next_start, limit) : limit);
    wish.waits_for(*progress_);
    co_await progress_->wait();
    wish.waits_no_more();
  }
  co_await end_others();
  if (wish.given_up()) co_return connect_failure(asio::error::operation_aborted);
  if (auto* const won = winner()) {
    tried = won->connection->endpoint;
    co_return std::move(won->connection);
  }
  if (runners_.empty()) co_return connect_failure(Errc::timed_out);
  auto const code = runners_.back()->code;
  co_return connect_failure(code == asio::error::operation_aborted ? make_error_code(Errc::timed_out) : code);
}

}  // namespace ambassador::upstream
