// How much memory this process has resident.
#pragma once

#include <cstddef>
#include <fstream>

#include <malloc.h>
#include <unistd.h>

namespace ambassador::faults {

/// Bytes, after what is free has been given back.
inline std::size_t resident_bytes() {
  ::malloc_trim(0);
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream{"/proc/self/statm"} >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace ambassador::faults
