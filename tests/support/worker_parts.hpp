// What a pool and a discovery need of a worker, all on one io_context that the test runs by hand.
#pragma once

#include "support/scripted_upstream.hpp"
#include "upstream/pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include <optional>

namespace ambassador::upstream {

struct WorkerParts {
  boost::asio::io_context context{1};
  net::TimerWheel wheel{std::chrono::steady_clock::now()};
  /// A name server that never answers: names are known by the hosts file, or not at all.
  boost::asio::ip::udp::socket silent{context, {boost::asio::ip::address_v4::loopback(), 0}};
  net::Resolver resolver{
      context,
      {.server = "127.0.0.1:" + std::to_string(silent.local_endpoint().port()), .limit = std::chrono::milliseconds{200}}};
  observe::Metrics metrics{{}, {}, 1, "test"};
  Discovery discovery{context.get_executor(), context, resolver, metrics};
  std::vector<boost::asio::ip::tcp::endpoint> own_addresses;
  PoolContext pool_context{context.get_executor(), wheel, discovery, own_addresses};

  /// Runs what is ready.
  void step() {
    context.restart();
    context.poll();
  }

  /// Runs until `done`, the wheel turning as a worker's tick would turn it.
  template <class Done>
  bool run_until(Done done, std::chrono::milliseconds limit = support::patience) {
    auto const until = std::chrono::steady_clock::now() + limit;
    while (!done()) {
      if (std::chrono::steady_clock::now() > until) return false;
      context.restart();
      context.run_for(std::chrono::milliseconds{5});
      wheel.advance(std::chrono::steady_clock::now());
    }
    return true;
  }
};

/// The result of a coroutine that was started, once it is there.
template <class T>
class Awaited {
 public:
  Awaited(WorkerParts& parts, net::Task<T> task) {
    boost::asio::co_spawn(parts.context, std::move(task),
                          [this](std::exception_ptr const&, T value) { value_.emplace(std::move(value)); });
  }
  [[nodiscard]] bool done() const { return value_.has_value(); }
  T& operator*() { return *value_; }
  T* operator->() { return &*value_; }

 private:
  std::optional<T> value_;
};

}  // namespace ambassador::upstream
