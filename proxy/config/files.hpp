// The files that the settings name, for whoever checks that they can be read.
#pragma once

#include "config/settings.hpp"

#include <string>
#include <vector>

namespace ambassador::config {

/// One file, and what it is for: "tls.cert of http://payments".
struct FileUse {
  std::string path;
  std::string what;
  Location where;
};

/// Each use of a file once, in the order of the settings.
std::vector<FileUse> files_of(Settings const& settings);

}  // namespace ambassador::config
