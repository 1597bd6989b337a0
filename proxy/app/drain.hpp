// How the process ends. From the first signal on it says that it is not ready, and goes on serving: the app beside it may
// still be ending its own work. Once that has been quiet for a while, or the drain time is over, the listeners close, what
// is idle is closed, what runs is finished or cut, and the process ends. `quit` leaves the serving out, and a second signal
// the waiting.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>

namespace ambassador::app {

inline constexpr std::chrono::seconds drain_limit{25};  ///< a Pod's 30 s less 5
inline constexpr Milliseconds drain_look{20};           ///< how often the state is looked at
/// Without a call or a byte in a tunnel for so long, the app has ended.
inline constexpr std::chrono::seconds drain_quiet{2};
/// The same after `quit`, which says that the app has ended: enough for what is on its way in a tunnel.
inline constexpr Milliseconds quit_quiet{100};
/// What was cut writes its line to the log within this time, or not at all.
inline constexpr Milliseconds cut_limit{200};

/// What a worker does, or all of them together.
struct Activity {
  std::size_t connections = 0;  ///< of clients
  std::size_t calls = 0;        ///< under way; a tunnel is none
  std::uint64_t moves = 0;      ///< calls begun and pieces moved in tunnels so far: more of them is traffic

  Activity& operator+=(Activity const& other) noexcept;
};

struct DrainState {
  std::size_t connections = 0;        ///< of clients
  SteadyTime::duration elapsed{0};    ///< since the first signal, or `quit`
  SteadyTime::duration quiet{0};      ///< since a call was under way, or a tunnel moved a byte
  SteadyTime::duration since_cut{0};  ///< of `cut`
  bool quit = false;                  ///< it was asked for
  bool second_signal = false;
  bool closed = false;  ///< the listeners and the idle connections are
  bool cut = false;     ///< so is what ran
};

enum class DrainStep : std::uint8_t {
  serve,   ///< go on
  close,   ///< close the listeners and what is idle
  wait,    ///< what runs is being finished
  cut,     ///< end what still runs
  finish,  ///< all is done
};

DrainStep next_step(DrainState const& state) noexcept;

/// How long nothing has been under way, from looks at it.
class Quiet {
 public:
  explicit Quiet(SteadyTime now) noexcept : since_{now} {}

  SteadyTime::duration look(Activity const& activity, SteadyTime now) noexcept;

 private:
  SteadyTime since_;
  std::uint64_t moves_ = 0;
};

}  // namespace ambassador::app
