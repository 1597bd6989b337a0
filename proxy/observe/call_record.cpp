#include "observe/call_record.hpp"

namespace ambassador::observe {

std::string_view name(Decision decision) noexcept {
  switch (decision) {
    case Decision::mapped: return "mapped";
    case Decision::allowed: return "allowed";
    case Decision::blocked: return "blocked";
    case Decision::reported: return "reported";
    case Decision::local: return "local";
  }
  return "local";
}

void CallRecord::clear() {
  time = {};
  duration = upstream_duration = std::chrono::nanoseconds{0};
  listener = rule = {};
  protocol = CallProtocol::http11;
  for (std::string* text : {&client, &method, &source, &target, &upstream, &reason, &sni, &trace_id, &request_id})
    text->clear();
  first_end = {};
  mapping = no_mapping;
  allow_rule = no_allow_rule;
  decision = Decision::local;
  refused = false;
  status = 0;
  bytes_in = bytes_out = 0;
  tries = 0;
  reason_code = Reason::none;
}

}  // namespace ambassador::observe
