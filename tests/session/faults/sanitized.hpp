// Whether a sanitizer slows this build down, and keeps memory of its own.
#pragma once

namespace ambassador::faults {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace ambassador::faults
