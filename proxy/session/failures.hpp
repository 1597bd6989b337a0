// Why a call was refused or failed: its reason for the counters, an explanation and a remedy for people. How a protocol tells
// its client is the protocol's own affair: no status code is known here.
#pragma once

#include "base/result.hpp"
#include "config/settings/settings.hpp"
#include "observe/reason.hpp"

#include <string>
#include <string_view>

namespace ambassador::session {

struct Problem {
  observe::Reason reason = observe::Reason::internal;
  std::string what;          ///< a sentence; goes into the log too
  std::string to_do;         ///< what the reader can do; may be empty, and may have several lines
  unsigned retry_after = 0;  ///< seconds until another try may succeed; 0 if that is not known
};

/// Explains a failure on the way to the upstream, in its answer, or on the client's side. `target` is the URL that the call
/// was to go to; `detail` is what is known beyond the failure's error code, and may be empty.
Problem explain(Failure const& failure, std::string_view target, std::string_view detail = {});

/// Returns the reason under which a failed try is counted if another try follows it.
observe::Reason retry_reason(Failure const& failure);

/// The source's `rate` is used up for `retry_after` seconds.
Problem over_rate(config::Mapping const& mapping, unsigned retry_after);

/// The source has as many calls under way as its `limits.requests`.
Problem too_many_requests(config::Mapping const& mapping);

/// The file of the source's credential was never readable.
Problem credential_missing(config::Mapping const& mapping);

/// The process is near its memory limit.
Problem near_memory_limit();

}  // namespace ambassador::session
