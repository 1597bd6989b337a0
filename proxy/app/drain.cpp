#include "app/drain.hpp"

namespace ambassador::app {

DrainStep next_step(DrainState const& state) noexcept {
  if (state.open_connections == 0) return DrainStep::finish;
  return state.second_signal || state.elapsed >= drain_limit ? DrainStep::cut : DrainStep::wait;
}

}  // namespace ambassador::app
