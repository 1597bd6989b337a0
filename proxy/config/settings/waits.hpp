// The waits of `timeout`, by name: one list for reading and for writing.
#pragma once

#include "config/settings/settings.hpp"

#include <array>
#include <string_view>

namespace ambassador::config {

struct Wait {
  std::string_view name;
  Milliseconds Timeouts::*value;
};

constexpr std::array waits{Wait{"connect", &Timeouts::connect}, Wait{"head", &Timeouts::head},
                           Wait{"body", &Timeouts::body},       Wait{"response", &Timeouts::response},
                           Wait{"idle", &Timeouts::idle},       Wait{"keepalive", &Timeouts::keepalive}};

}  // namespace ambassador::config
