// JSON to be read and compared: two blanks a level, one member a line, the order of the members kept.
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace ambassador::config {

std::string pretty_json(boost::json::value const& value);

}  // namespace ambassador::config
