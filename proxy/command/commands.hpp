// The command line, after it was parsed: each command is a function that returns the exit status.
// 0: a clean end; 1: a bad configuration, or a port in use; 2: a usage error; 3: `explain` says blocked.
#pragma once

#include "app/startup.hpp"
#include "base/clock.hpp"

#include <string>

namespace ambassador::command {

/// The exit status.
enum class Exit : int { ok = 0, failed = 1, usage = 2, blocked = 3 };

/// Serves until a signal ends it. `share_port`: another ambassador may listen on the same port.
Exit run(app::ConfigurationOptions const& options, bool share_port);
/// Validates the configuration and runs its `expect` cases. `no_files`: the files that it names are not looked at.
Exit check(app::ConfigurationOptions const& options, bool no_files);
/// Prints which rule decides on a call, and why.
Exit explain(app::ConfigurationOptions const& options, std::string const& method, std::string const& url);
/// Prints the same, as a running ambassador at `admin`, `http://host:port`, says it.
Exit explain_at(std::string const& admin, std::string const& method, std::string const& url);
/// Prints what a running ambassador at `admin` suggests.
Exit suggest_at(std::string const& admin);
/// Reads an access log, `-` for stdin. What the configuration covers, if there is one, is left out.
Exit suggest_from_log(std::string const& log, app::ConfigurationOptions const& options);
/// Prints the JSON schema of the configuration.
Exit schema();

// These ask a running ambassador's admin port: at `admin`, or, if that is empty, at the address that the configuration has.

/// Asks whether it lives.
Exit healthcheck(std::string const& admin, app::ConfigurationOptions const& options);
/// Waits until it takes calls. Prints the last reason if it does not in time.
Exit wait(std::string const& admin, app::ConfigurationOptions const& options, Milliseconds timeout);
/// Asks it to end, once the calls under way are finished.
Exit quit(std::string const& admin, app::ConfigurationOptions const& options);
/// Serves the numbers scenario. `once`: it makes the two calls and ends.
Exit demo(bool once);

/// Returns the version of this build.
std::string version();

/// Parses the arguments and runs the command.
int main(int argc, char** argv);

}  // namespace ambassador::command
