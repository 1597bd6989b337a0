// The command line, after it was parsed: each command is a function that returns the exit status.
// 0: a clean end; 1: a bad configuration, or a port in use; 2: a usage error; 3: `explain` says blocked.
#pragma once

#include "app/startup.hpp"
#include "base/clock.hpp"

#include <string>

namespace ambassador::command {

enum class Exit : int { ok = 0, failed = 1, usage = 2, blocked = 3 };

Exit run(app::ConfigurationOptions const& options, bool share_port);
/// `no_files`: the files that the configuration names are not looked at.
Exit check(app::ConfigurationOptions const& options, bool no_files);
Exit explain(app::ConfigurationOptions const& options, std::string const& method, std::string const& url);
/// Asks a running ambassador at `admin`, `http://host:port`.
Exit explain_at(std::string const& admin, std::string const& method, std::string const& url);
/// Asks a running ambassador at `admin`, as explain_at does.
Exit suggest_at(std::string const& admin);
/// Reads an access log, `-` for stdin; with a configuration, what that covers is left out.
Exit suggest_from_log(std::string const& log, app::ConfigurationOptions const& options);
Exit schema();

// These ask a running ambassador's admin port: at `admin`, or, where that is empty, where the configuration has it.

/// Whether it lives.
Exit healthcheck(std::string const& admin, app::ConfigurationOptions const& options);
/// Until it takes calls. The last reason where it does not in time.
Exit wait(std::string const& admin, app::ConfigurationOptions const& options, Milliseconds timeout);
/// It ends, once the calls under way are finished.
Exit quit(std::string const& admin, app::ConfigurationOptions const& options);
Exit demo(bool once);

std::string version();

/// Parses the arguments and runs the command.
int main(int argc, char** argv);

}  // namespace ambassador::command
