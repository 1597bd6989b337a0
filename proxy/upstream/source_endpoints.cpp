#include "upstream/source_endpoints.hpp"

#include <algorithm>
#include <random>

namespace ambassador::upstream {
namespace {

/// A target's weight is shared among its endpoints: fine enough for one of a thousand.
constexpr std::uint32_t weight_scale = 10'000;

balance::Policy policy_of(config::Balance balance) noexcept {
  switch (balance) {
    case config::Balance::least_requests: return balance::Policy::least_requests;
    case config::Balance::round_robin: return balance::Policy::round_robin;
    case config::Balance::ewma: return balance::Policy::ewma;
    case config::Balance::hash: return balance::Policy::hash;
  }
  return balance::Policy::least_requests;
}

bool has_weights(config::Mapping const& mapping) noexcept {
  return std::any_of(mapping.targets.begin(), mapping.targets.end(),
                     [](auto const& target) { return target.weight.has_value(); });
}

/// Of an endpoint with `weight` of `sum`, the weights of its target's endpoints.
std::uint32_t share_of(config::Target const& target, bool weighted, std::uint32_t weight, std::uint32_t sum) noexcept {
  if (!weighted) return weight;
  auto const whole = std::uint64_t{target.weight.value_or(1)} * weight_scale;
  if (whole == 0) return 0;
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, whole * weight / std::max(sum, std::uint32_t{1})));
}

}  // namespace

SourceEndpoints::SourceEndpoints(config::Mapping const& mapping, std::vector<std::shared_ptr<Pool>> pools,
                                 EndpointStates& states, observe::EventLog& events, std::uint64_t seed)
    : mapping_{mapping}, pools_{std::move(pools)}, generations_(pools_.size()), states_{states}, events_{events}, seed_{seed} {}

void SourceEndpoints::refresh(SteadyTime now) {
  bool changed = false;
  for (std::size_t target = 0; target < pools_.size(); ++target) {
    auto const& pool = *pools_[target];
    pools_[target]->endpoints(now);
    changed = changed || generations_[target] != pool.generation();
    generations_[target] = pool.generation();
  }
  if (changed) rebuild();
}

SourceEndpointPtr SourceEndpoints::known(std::size_t target, EndpointPtr const& endpoint) const {
  auto const found = std::find_if(endpoints_.begin(), endpoints_.end(), [&](SourceEndpointPtr const& one) {
    return one->target == target && one->endpoint == endpoint;
  });
  return found == endpoints_.end() ? nullptr : *found;
}

void SourceEndpoints::rebuild() {
  std::vector<SourceEndpointPtr> next;
  std::vector<balance::Candidate> candidates;
  bool const weighted = has_weights(mapping_);
  for (std::size_t target = 0; target < pools_.size(); ++target) {
    auto const& list = pools_[target]->known_endpoints();
    std::uint32_t sum = 0;
    for (auto const& endpoint : list) sum += endpoint->weight;
    for (auto const& endpoint : list) {
      auto one = known(target, endpoint);
      if (!one) {
        one = new SourceEndpoint;
        one->target = target;
        one->pool = pools_[target];
        one->endpoint = endpoint;
        one->state = states_.of(mapping_.source_text, endpoint->text);
      }
      candidates.push_back({.state = one->state.get(),
                            .weight = share_of(mapping_.targets[target], weighted, endpoint->weight, sum),
                            .id = balance::stable_hash(endpoint->text)});
      next.push_back(std::move(one));
    }
  }
  endpoints_ = std::move(next);
  picker_.emplace(policy_of(mapping_.balance), std::move(candidates), seed_);
}

bool SourceEndpoints::was_tried(SourceEndpointPtr const& endpoint, std::span<SourceEndpointPtr const> tried) const noexcept {
  return std::find(tried.begin(), tried.end(), endpoint) != tried.end();
}

Choice SourceEndpoints::choose(SteadyTime now, std::optional<std::uint64_t> hash, std::span<SourceEndpointPtr const> tried) {
  refresh(now);
  if (endpoints_.empty()) return {};
  std::vector<std::size_t> places;
  if (!tried.empty()) {
    for (std::size_t place = 0; place < endpoints_.size(); ++place) {
      if (was_tried(endpoints_[place], tried)) places.push_back(place);
    }
  }
  auto const picked = picker_->pick({.now_ns = nanoseconds(now), .hash = hash, .tried = places});
  return picked ? Choice{endpoints_[*picked]} : Choice{};
}

bool SourceEndpoints::has_other(SourceEndpointPtr const& present, std::span<SourceEndpointPtr const> tried) const noexcept {
  return std::any_of(endpoints_.begin(), endpoints_.end(),
                     [&](auto const& endpoint) { return endpoint != present && !was_tried(endpoint, tried); });
}

/// The failure of the first, where none resolves: the others' is no better known.
net::Task<Result<void>> SourceEndpoints::resolve(SteadyTime limit, Attempt& attempt, Wish& wish) {
  auto first = co_await pools_.front()->resolve(limit, attempt, wish);
  for (std::size_t target = 1; !first && target < pools_.size() && !wish.given_up(); ++target) {
    Attempt unseen;
    auto const other = co_await pools_[target]->resolve(limit, unseen, wish);
    if (other) co_return other;
  }
  co_return first;
}

std::vector<EndpointPtr> SourceEndpoints::connecting_order(Choice const& choice, SteadyTime now) const {
  std::vector<EndpointPtr> order{choice->endpoint};
  bool const v6 = choice->endpoint->address.address().is_v6();
  for (bool const other_family : {true, false}) {  // a family that does not work here fails as a whole
    for (auto const& other : endpoints_) {
      if (order.size() > max_alternates) break;
      bool const fits = other->target == choice->target && other->endpoint != choice->endpoint &&
                        (other->endpoint->address.address().is_v6() != v6) == other_family;
      if (fits && balance::is_available(*other->state, nanoseconds(now))) order.push_back(other->endpoint);
    }
  }
  return order;
}

Choice SourceEndpoints::moved(Choice choice, EndpointPtr const& endpoint) const {
  if (choice->endpoint == endpoint) return choice;
  auto other = known(choice->target, endpoint);
  return other ? Choice{std::move(other)} : std::move(choice);
}

void SourceEndpoints::succeeded(SourceEndpoint const& endpoint, SteadyTime::duration latency, SteadyTime now) noexcept {
  auto const took = std::chrono::duration_cast<std::chrono::nanoseconds>(latency).count();
  balance::report_success(*endpoint.state, took, nanoseconds(now));
}

void SourceEndpoints::failed(SourceEndpoint const& endpoint, SteadyTime now) {
  if (!picker_) return;
  auto const ejection = balance::report_failure(*endpoint.state, picker_->candidates(), nanoseconds(now));
  if (!ejection.now) return;
  events_.warn("{} of {} gets no calls for {} s: {} failures in a row", endpoint.endpoint->text, mapping_.source_text,
               std::chrono::duration_cast<std::chrono::seconds>(ejection.time).count(), balance::errors_to_eject);
}

void SourceEndpoints::hold_off(SourceEndpoint const& endpoint, std::chrono::seconds wait, SteadyTime now) {
  if (!picker_ ||
      !balance::hold_off(*endpoint.state, picker_->candidates(), std::chrono::nanoseconds{wait}.count(), nanoseconds(now)))
    return;
  constexpr std::int64_t longest = balance::longest_hold_off_ns / balance::second_ns;
  events_.info("{} of {} gets no calls for {} s: it asked for it (Retry-After)", endpoint.endpoint->text, mapping_.source_text,
               std::min<std::int64_t>(wait.count(), longest));
}

SourceEndpoints& SourceTable::make(std::size_t mapping) {
  auto const& source = map_[mapping];
  auto const& egress = egress_.of_mapping(mapping);
  std::vector<std::shared_ptr<Pool>> pools;
  for (auto const& target : source.targets) pools.push_back(pools_.of(next_pool(authority_of(target), egress), egress));
  std::random_device random;  // so that the workers of many processes do not choose in step
  made_[mapping] = std::make_unique<SourceEndpoints>(source, std::move(pools), states_, events_, random());
  return *made_[mapping];
}

}  // namespace ambassador::upstream
