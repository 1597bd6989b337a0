#include "command/commands.hpp"

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
  try {
    return ambassador::command::main(argc, argv);
  } catch (std::exception const& failed) {
    std::fprintf(stderr, "ambassador: cannot start: %s\n", failed.what());
    return static_cast<int>(ambassador::command::Exit::failed);
  }
}
