// The configuration's JSON schema, from the table of keys: what an editor offers is what the reader takes.
#pragma once

#include <string>

namespace ambassador::config {

/// The schema as draft 2020-12, as config/schema.json has it.
std::string json_schema();

}  // namespace ambassador::config
