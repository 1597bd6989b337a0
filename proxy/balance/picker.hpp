// Which endpoint gets a call. One picker for each worker and set of endpoints, so that nothing in it is shared; what all
// workers know together it reads from the endpoints' states. It allocates nothing once it is made.
#pragma once

#include "balance/endpoint.hpp"
#include "balance/random.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ambassador::balance {

enum class Policy : std::uint8_t {
  least_requests,  ///< of two at random, the one with fewer calls under way for its weight
  round_robin,     ///< in turns, as evenly spread as the weights allow
  ewma,            ///< of two at random, the one that will answer earlier
  hash,            ///< a key stays with its endpoint as long as that is there and not overloaded
};

/// Where fewer than this share of the candidates are available, availability is ignored: the fault is rather everywhere, or
/// in what we know, and the rest could not carry the whole load.
inline constexpr double panic_below = 0.5;

/// For so long a picker trusts its view of all; whom it chooses by it is looked at each time. So one that comes back gets its
/// first call this much later.
inline constexpr std::int64_t view_age_ns = 20'000'000;

/// Policy::hash gives nobody more calls under way than this times his share of all, and one (Mirrokni, Thorup,
/// Zadimoghaddam: "Consistent Hashing with Bounded Loads", SODA 2018).
inline constexpr double load_bound = 1.25;

struct PickRequest {
  std::int64_t now_ns = 0;
  std::optional<std::uint64_t> hash{};   ///< the key of Policy::hash; without one it is Policy::least_requests
  std::span<std::size_t const> tried{};  ///< candidates that are not to be picked again
};

class Picker {
 public:
  /// The states outlive the picker. The seed should differ between pickers: else many processes walk in step.
  Picker(Policy policy, std::vector<Candidate> candidates, std::uint64_t seed);

  /// The place of one in `candidates`; nothing only where every one that may be picked at all was tried.
  std::optional<std::size_t> pick(PickRequest const& request) noexcept;

  [[nodiscard]] std::span<Candidate const> candidates() const noexcept { return candidates_; }

 private:
  using Choice = std::optional<std::size_t>;

  void look(std::int64_t now_ns) noexcept;
  [[nodiscard]] bool may_get(std::size_t candidate, PickRequest const& request) const noexcept;
  [[nodiscard]] Choice choose(PickRequest const& request) noexcept;
  [[nodiscard]] Choice by_turn(PickRequest const& request) noexcept;
  [[nodiscard]] Choice by_two(PickRequest const& request) noexcept;
  [[nodiscard]] Choice by_key(PickRequest const& request) const noexcept;
  [[nodiscard]] Choice any(PickRequest const& request) const noexcept;
  [[nodiscard]] std::size_t drawn_at(double point) const noexcept;
  [[nodiscard]] Choice draw_untried(PickRequest const& request) noexcept;
  [[nodiscard]] std::size_t draw_rival(std::size_t first) noexcept;
  [[nodiscard]] bool is_better(std::size_t rival, std::size_t first, std::int64_t now_ns) const noexcept;
  [[nodiscard]] double cost(std::size_t candidate, std::int64_t now_ns) const noexcept;
  [[nodiscard]] bool is_overloaded(std::size_t candidate) const noexcept;
  [[nodiscard]] double in_flight(std::size_t candidate) const noexcept;

  Policy policy_;
  std::vector<Candidate> candidates_;
  Random random_;

  // The view, as of `looked_at_ns_`.
  std::optional<std::int64_t> looked_at_ns_;
  bool panic_ = false;
  std::vector<double> shares_;  ///< 0: gets nothing
  std::vector<double> ends_;    ///< sums of the shares up to and with each
  double total_ = 0;
  std::size_t sharing_ = 0;  ///< how many have a share
  double risen_ = 1;         ///< how far the one that is furthest in its slow start has come

  std::vector<double> turns_;          ///< of Policy::round_robin: who has the most is next
  std::vector<std::uint32_t> places_;  ///< of Policy::hash
};

}  // namespace ambassador::balance
