#include "app/drain.hpp"

namespace ambassador::app {

Activity& Activity::operator+=(Activity const& other) noexcept {
  connections += other.connections;
  calls += other.calls;
  moves += other.moves;
  return *this;
}

DrainStep next_step(DrainState const& state) noexcept {
  bool const over = state.second_signal || state.elapsed >= drain_limit;
  bool const quiet = state.quiet >= (state.quit ? SteadyTime::duration{quit_quiet} : drain_quiet);
  if (!state.closed) return over || quiet || state.quit ? DrainStep::close : DrainStep::serve;
  if (state.connections == 0) return DrainStep::finish;
  if (state.cut) return state.since_cut >= cut_limit ? DrainStep::finish : DrainStep::wait;
  // What is open and quiet is a tunnel that nobody uses: an idle pool of database connections holds nothing back.
  return over || quiet ? DrainStep::cut : DrainStep::wait;
}

SteadyTime::duration Quiet::look(Activity const& activity, SteadyTime now) noexcept {
  if (activity.calls != 0 || activity.moves != moves_) since_ = now;
  moves_ = activity.moves;
  return now - since_;
}

}  // namespace ambassador::app
