// What a Secret may be called, and what its volume is called then.
#pragma once

#include <string>
#include <string_view>

namespace ambassador::kubernetes {

constexpr std::string_view secret_volume_prefix = "ambassador-secret-";

/// Whether a Secret may have this name: a DNS subdomain, RFC 1123, of 253 bytes at most.
bool is_secret_name(std::string_view name);

/// The volume of the Secret of this name. A volume's name is a DNS label, 63 bytes without a dot, so that of other Secrets
/// ends with a checksum of theirs. The library chart calls it the same.
std::string secret_volume(std::string_view name);

}  // namespace ambassador::kubernetes
