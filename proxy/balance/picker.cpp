#include "balance/picker.hpp"

#include "balance/ewma.hpp"
#include "balance/maglev.hpp"

#include <algorithm>
#include <utility>

namespace ambassador::balance {

Picker::Picker(Policy policy, std::vector<Candidate> candidates, std::uint64_t seed)
    : policy_{policy},
      candidates_{std::move(candidates)},
      random_{seed},
      shares_(candidates_.size()),
      ends_(candidates_.size()) {
  bool const all_zero = std::all_of(candidates_.begin(), candidates_.end(), [](auto const& one) { return one.weight == 0; });
  for (auto& candidate : candidates_) {
    if (all_zero) candidate.weight = 1;
  }
  if (policy == Policy::hash) places_ = maglev_table(candidates_);
  if (policy != Policy::round_robin) return;
  // From anywhere within the first round: by its own seed, each picker has another order among equals.
  for (auto const& candidate : candidates_) turns_.push_back(random_.unit() * candidate.weight);
}

std::optional<std::size_t> Picker::pick(PickRequest const& request) noexcept {
  if (candidates_.size() == 1) return request.tried.empty() ? Choice{0} : std::nullopt;
  if (candidates_.empty()) return std::nullopt;
  auto const age = request.now_ns - looked_at_ns_.value_or(request.now_ns);
  if (!looked_at_ns_ || age < 0 || age >= view_age_ns) look(request.now_ns);
  auto chosen = choose(request);
  if (chosen && !panic_ && !is_available(*candidates_[*chosen].state, request.now_ns)) {
    look(request.now_ns);
    chosen = choose(request);
  }
  return chosen ? chosen : any(request);
}

/// Renews the view: who is available, in panic or not, and whose share is how large.
void Picker::look(std::int64_t now_ns) noexcept {
  looked_at_ns_ = now_ns;
  std::size_t weighty = 0;
  std::size_t available = 0;
  for (auto const& candidate : candidates_) {
    if (candidate.weight == 0) continue;
    ++weighty;
    if (is_available(*candidate.state, now_ns)) ++available;
  }
  panic_ = static_cast<double>(available) < panic_below * static_cast<double>(weighty);
  total_ = 0;
  sharing_ = 0;
  risen_ = 0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    auto const& [state, weight, id] = candidates_[i];
    bool const gets = weight > 0 && (panic_ || is_available(*state, now_ns));
    auto const risen = gets ? slow_start_share(*state, now_ns) : 0;
    shares_[i] = weight * risen;
    risen_ = std::max(risen_, risen);
    if (gets) ++sharing_;
    ends_[i] = total_ += shares_[i];
  }
}

/// By the view, and by what this call has tried.
bool Picker::may_get(std::size_t candidate, PickRequest const& request) const noexcept {
  return shares_[candidate] > 0 && std::find(request.tried.begin(), request.tried.end(), candidate) == request.tried.end();
}

Picker::Choice Picker::choose(PickRequest const& request) noexcept {
  if (policy_ == Policy::round_robin) return by_turn(request);
  if (policy_ == Policy::hash && request.hash) return by_key(request);
  return by_two(request);
}

/// What is left where the view knows nobody: anybody with a weight who was not tried, the available ones first.
Picker::Choice Picker::any(PickRequest const& request) const noexcept {
  Choice found;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    bool const tried = std::find(request.tried.begin(), request.tried.end(), i) != request.tried.end();
    if (tried || candidates_[i].weight == 0) continue;
    if (is_available(*candidates_[i].state, request.now_ns)) return i;
    if (!found) found = i;
  }
  return found;
}

/// Each earns its share, and who has the most pays for the call with what all have earned: "smooth weighted round robin".
/// Who may not get this call earns nothing, so that it has no debt of calls afterwards.
Picker::Choice Picker::by_turn(PickRequest const& request) noexcept {
  Choice next;
  double most = 0;
  double earned = 0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    if (!may_get(i, request)) continue;
    auto const turn = turns_[i] += shares_[i];
    earned += shares_[i];
    if (next && turn <= most) continue;
    next = i;
    most = turn;
  }
  if (next) turns_[*next] -= earned;
  return next;
}

/// One by weight, and a rival; without any load it is the first.
Picker::Choice Picker::by_two(PickRequest const& request) noexcept {
  if (!request.tried.empty()) return draw_untried(request);
  if (sharing_ == 0) return std::nullopt;
  auto const first = drawn_at(random_.unit() * total_);
  if (sharing_ == 1) return first;
  auto const rival = draw_rival(first);
  return is_better(rival, first, request.now_ns) ? rival : first;
}

/// For the calls that are made again, which are few: by weight alone.
Picker::Choice Picker::draw_untried(PickRequest const& request) noexcept {
  double left = 0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) left += may_get(i, request) ? shares_[i] : 0;
  auto point = random_.unit() * left;
  Choice found;
  for (std::size_t i = 0; i < candidates_.size() && (!found || point >= 0); ++i) {
    if (!may_get(i, request)) continue;
    found = i;
    point -= shares_[i];
  }
  return found;
}

/// Whose part of the line from 0 to `total_` the point is in.
std::size_t Picker::drawn_at(double point) const noexcept {
  auto const end = std::upper_bound(ends_.begin(), ends_.end(), point);
  if (end != ends_.end()) return static_cast<std::size_t>(end - ends_.begin());
  // Rounding: the last who has a part.
  return static_cast<std::size_t>(std::lower_bound(ends_.begin(), ends_.end(), total_) - ends_.begin());
}

/// Another than the first, by weight. A pair would meet more often with its heavier part as the first; were each such
/// meeting to count, a light one that answers faster would get the heavy one's share. So it counts only as often as the
/// pair meets the other way round; else the first is its own rival.
std::size_t Picker::draw_rival(std::size_t first) noexcept {
  auto const others = total_ - shares_[first];
  auto point = random_.unit() * others;
  auto const before = ends_[first] - shares_[first];
  if (point >= before) point += shares_[first];
  auto const rival = drawn_at(point);
  auto const others_of_rival = total_ - shares_[rival];
  bool const counts = others >= others_of_rival || random_.unit() * others_of_rival < others;
  return counts ? rival : first;
}

bool Picker::is_better(std::size_t rival, std::size_t first, std::int64_t now_ns) const noexcept {
  if (rival == first) return false;
  if (policy_ == Policy::ewma) return cost(rival, now_ns) < cost(first, now_ns);
  // Whether it would have, with this call, no more for its share than the first has without. Of equals: whether it has fewer.
  return (in_flight(rival) + 1) * shares_[first] <= in_flight(first) * shares_[rival];
}

/// How long a call would wait for its answer, where those under way are served one after the other.
double Picker::cost(std::size_t candidate, std::int64_t now_ns) const noexcept {
  auto const& state = *candidates_[candidate].state;
  auto const mean = total_ / static_cast<double>(sharing_);
  auto const waiting = in_flight(candidate) * mean / shares_[candidate];
  bool const unknown = state.latency_at_ns.load(std::memory_order_relaxed) == 0;
  if (unknown && waiting == 0) return 0;  // so that it becomes known
  return (unknown ? static_cast<double>(unknown_latency_ns) : latency_at(state, now_ns)) * (waiting + 1);
}

double Picker::in_flight(std::size_t candidate) const noexcept {
  return candidates_[candidate].state->in_flight.load(std::memory_order_relaxed);
}

/// From the key's place in the table on, the first who takes it. One in its slow start takes those of its keys that the
/// share reaches, in the order of their bits, so that a key that came home stays.
Picker::Choice Picker::by_key(PickRequest const& request) const noexcept {
  auto const key = mix(*request.hash);
  auto const luck = Random{key}.unit() * risen_;
  Choice overloaded;
  auto place = static_cast<std::size_t>(key % places_.size());
  for (std::size_t probe = 0; probe < places_.size(); ++probe) {
    auto const candidate = places_[place];
    place = place + 1 == places_.size() ? 0 : place + 1;
    if (!may_get(candidate, request) || luck * candidates_[candidate].weight >= shares_[candidate]) continue;
    if (!is_overloaded(candidate)) return candidate;
    if (!overloaded) overloaded = candidate;
  }
  return overloaded;
}

bool Picker::is_overloaded(std::size_t candidate) const noexcept {
  auto const own = in_flight(candidate);
  if (own <= 1) return false;  // the sum costs a look at all
  double sum = 0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) sum += shares_[i] > 0 ? in_flight(i) : 0;
  return own > load_bound * sum * shares_[candidate] / total_ + 1;
}

}  // namespace ambassador::balance
