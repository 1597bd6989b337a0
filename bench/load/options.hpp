// The command line of ambassador-load.
#pragma once

#include "load/connection.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace ambassador::bench {

enum class Mode : std::uint8_t {
  keep,   ///< closed loop: each connection asks again as soon as it was answered
  rate,   ///< open loop: so many calls a second, however long each takes
  fresh,  ///< closed loop, with a new connection for each call
  hold,   ///< one call on each connection, then all stay open until standard input ends
};

struct Options {
  Mode mode = Mode::keep;
  Entrance entrance;
  std::string request;  ///< the bytes of one, head and body
  std::size_t connections = 1;
  std::chrono::nanoseconds time{std::chrono::seconds{1}};
  double rate = 0;
  std::uint16_t status = 200;
  std::optional<std::uint64_t> length;  ///< of each answer's body
};

/// Throws std::runtime_error with what is wrong. Nothing: help was asked for, and given.
std::optional<Options> read_options(int count, char** words);

}  // namespace ambassador::bench
