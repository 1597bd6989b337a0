// The exchanges that the sweep plays: for each what the client does, and what the upstream does.
#pragma once

#include "conversation.hpp"
#include "support/scripted_upstream.hpp"

#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace ambassador::faults {

/// A request as it reached the upstream.
struct Arrived {
  std::string method;
  std::string path;
  Message message;
  bool whole = false;
};

/// All that reached the upstream, on whichever connection.
class Ledger {
 public:
  void add(Arrived arrived) {
    std::lock_guard const lock{mutex_};
    all_.push_back(std::move(arrived));
  }
  [[nodiscard]] std::vector<Arrived> all() const {
    std::lock_guard const lock{mutex_};
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Arrived> all_;
};

struct Exchange {
  std::string name;
  std::vector<int> statuses;  ///< of its calls, where nothing fails
  std::function<void(Conversation&)> client;
  /// Answers one request on the connection that was the `nth` accepted; false closes it.
  std::function<bool(Socket&, Arrived const&, std::size_t nth)> upstream;
};

std::vector<Exchange> const& exchanges();

/// What a POST of the exchanges carries, and must carry wherever it arrives whole.
std::string const& posted_body();
std::string const& posted_trailers();

/// Plays the upstream's part on every connection, and answers `/probe` whatever the exchange.
support::ScriptedUpstream::Script playing(Exchange const& exchange, Ledger& ledger);

}  // namespace ambassador::faults
