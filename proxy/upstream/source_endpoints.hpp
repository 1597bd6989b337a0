// The endpoints of one source as one worker knows them: every address of every target, which of them the next call goes to,
// and what came of it. `balance` decides; here names become candidates, and calls are counted.
#pragma once

#include "balance/ejection.hpp"
#include "balance/hold_off.hpp"
#include "balance/picker.hpp"
#include "config/settings/settings.hpp"
#include "observe/event_log.hpp"
#include "upstream/endpoint_states.hpp"
#include "upstream/pools.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace ambassador::upstream {

/// One endpoint of a source.
struct SourceEndpoint : boost::intrusive_ref_counter<SourceEndpoint, boost::thread_unsafe_counter> {
  std::size_t target = 0;  ///< among the source's
  std::shared_ptr<Pool> pool;
  EndpointPtr endpoint;
  std::shared_ptr<balance::EndpointState> state;
};

using SourceEndpointPtr = boost::intrusive_ptr<SourceEndpoint>;

/// The endpoint that a try goes to; it counts among the calls under way there.
class Choice {
 public:
  Choice() = default;
  explicit Choice(SourceEndpointPtr chosen) noexcept : chosen_{std::move(chosen)} {
    if (chosen_) chosen_->state->in_flight.fetch_add(1, std::memory_order_relaxed);
  }
  Choice(Choice&& other) noexcept : chosen_{std::move(other.chosen_)} {}
  Choice& operator=(Choice&& other) noexcept {
    if (this != &other) {
      reset();
      chosen_ = std::move(other.chosen_);
    }
    return *this;
  }
  ~Choice() { reset(); }

  void reset() noexcept {
    if (chosen_) chosen_->state->in_flight.fetch_sub(1, std::memory_order_relaxed);
    chosen_.reset();
  }
  [[nodiscard]] explicit operator bool() const noexcept { return chosen_ != nullptr; }
  [[nodiscard]] SourceEndpoint const& operator*() const noexcept { return *chosen_; }
  [[nodiscard]] SourceEndpoint const* operator->() const noexcept { return chosen_.get(); }
  [[nodiscard]] SourceEndpointPtr const& get() const noexcept { return chosen_; }

 private:
  SourceEndpointPtr chosen_;
};

class SourceEndpoints {
 public:
  /// At most so many others are tried beside an endpoint that does not connect soon.
  static constexpr std::size_t max_alternates = 3;

  /// `pools` are the targets', in their order. Borrows the mapping, the states and the log.
  SourceEndpoints(config::Mapping const& mapping, std::vector<std::shared_ptr<Pool>> pools, EndpointStates& states,
                  observe::EventLog& events, std::uint64_t seed);

  /// The first target's.
  [[nodiscard]] Pool* first_pool() const noexcept { return pools_.front().get(); }
  /// Where a call goes now: none of `tried`. Empty where no address is known yet, or all were tried.
  [[nodiscard]] Choice choose(SteadyTime now, std::optional<std::uint64_t> hash, std::span<SourceEndpointPtr const> tried);
  /// Waits until an address of one of the targets is known.
  net::Task<Result<void>> resolve(SteadyTime limit, Attempt& attempt, Wish& wish);
  /// The chosen one, and those of the same target that a connection may be made to instead.
  [[nodiscard]] std::vector<EndpointPtr> connecting_order(Choice const& choice, SteadyTime now) const;
  /// The choice where the connection went to another endpoint of its target.
  [[nodiscard]] Choice moved(Choice choice, EndpointPtr const& endpoint) const;
  /// Whether there is an endpoint that was not tried.
  [[nodiscard]] bool has_other(SourceEndpointPtr const& present, std::span<SourceEndpointPtr const> tried) const noexcept;

  // What came of a try.

  void succeeded(SourceEndpoint const& endpoint, SteadyTime::duration latency, SteadyTime now) noexcept;
  void failed(SourceEndpoint const& endpoint, SteadyTime now);
  /// The endpoint said when to come again: until then it gets no calls, where there are others.
  void hold_off(SourceEndpoint const& endpoint, std::chrono::seconds wait, SteadyTime now);

  /// Those known now.
  [[nodiscard]] std::vector<SourceEndpointPtr> const& all(SteadyTime now) {
    refresh(now);
    return endpoints_;
  }
  [[nodiscard]] config::Mapping const& mapping() const noexcept { return mapping_; }

 private:
  void refresh(SteadyTime now);
  void rebuild();
  [[nodiscard]] SourceEndpointPtr known(std::size_t target, EndpointPtr const& endpoint) const;
  [[nodiscard]] bool was_tried(SourceEndpointPtr const& endpoint, std::span<SourceEndpointPtr const> tried) const noexcept;

  config::Mapping const& mapping_;
  std::vector<std::shared_ptr<Pool>> pools_;
  std::vector<std::uint64_t> generations_;
  EndpointStates& states_;
  observe::EventLog& events_;
  std::uint64_t seed_;
  std::vector<SourceEndpointPtr> endpoints_;
  std::optional<balance::Picker> picker_;
};

/// The endpoints of all sources of one configuration, each made when its source is first called.
class SourceTable {
 public:
  /// Borrows all of it.
  SourceTable(std::vector<config::Mapping> const& map, EgressTable const& egress, Pools& pools, EndpointStates& states,
              observe::EventLog& events)
      : map_{map}, egress_{egress}, pools_{pools}, states_{states}, events_{events}, made_(map.size()) {}

  [[nodiscard]] SourceEndpoints& of(std::size_t mapping) { return made_[mapping] ? *made_[mapping] : make(mapping); }

 private:
  SourceEndpoints& make(std::size_t mapping);

  std::vector<config::Mapping> const& map_;
  EgressTable const& egress_;
  Pools& pools_;
  EndpointStates& states_;
  observe::EventLog& events_;
  std::vector<std::unique_ptr<SourceEndpoints>> made_;
};

}  // namespace ambassador::upstream
