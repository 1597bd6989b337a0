// Asks a running ambassador's admin port.
#pragma once

#include "base/result.hpp"

#include <string>

namespace ambassador::app {

struct ExplainAnswer {
  std::string text;         ///< as the admin port wrote it
  bool understood = false;  ///< it answered 200
  bool passes = false;      ///< the call would go somewhere
};

/// The answer of /suggest.
struct SuggestAnswer {
  std::string text;
  bool understood = false;  ///< it answered 200
};

/// `admin` is `http://host:port` or `host:port`. Waits for a few seconds at most.
Result<ExplainAnswer> ask_explain(std::string const& admin, std::string const& method, std::string const& url);
/// The same of /suggest.
Result<SuggestAnswer> ask_suggest(std::string const& admin);

}  // namespace ambassador::app
