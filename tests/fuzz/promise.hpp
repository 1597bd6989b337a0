// A promise that a fuzzer found broken ends its run, with the words of the promise.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace ambassador::fuzz {

inline void promise(bool kept, char const* what) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

}  // namespace ambassador::fuzz
