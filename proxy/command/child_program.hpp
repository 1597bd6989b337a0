// A program run to its end, without a shell: its arguments as they are, a text as its input, and all it says.
#pragma once

#include <boost/system/result.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::command {

struct ChildOutcome {
  int status = 0;  ///< the exit status; 128 + the signal's number if one ended it
  std::string out;
  std::string err;
};

/// The path of the first executable of this name in the directories of `path`, separated by colons.
std::optional<std::string> find_program(std::string_view name, std::string_view path);

/// Runs `argv`, whose first is the program's path, in our environment. Blocks until it ends; errors: what posix_spawn
/// says, and timed_out if it was killed after `limit`.
boost::system::result<ChildOutcome> run_program(std::vector<std::string> argv, std::string_view input,
                                                std::chrono::milliseconds limit);

}  // namespace ambassador::command
