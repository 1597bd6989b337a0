// What there is to say about one call, gathered while it runs and handed to the log and the counters once, at its end.
#pragma once

#include "base/call_protocol.hpp"
#include "base/clock.hpp"
#include "observe/reason.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ambassador::observe {

enum class Decision : std::uint8_t { mapped, allowed, blocked, reported, local };

std::string_view name(Decision decision) noexcept;

/// No mapping decided: a blocked, allowed or local call.
inline constexpr std::uint32_t no_mapping = UINT32_MAX;

/// No allow entry decided.
inline constexpr std::uint32_t no_allow_rule = UINT32_MAX;

/// Strings keep their capacity from call to call: a record belongs to memory that one call uses after the other.
struct CallRecord {
  SystemTime time;  ///< when the request head was complete
  std::chrono::nanoseconds duration{0};
  std::chrono::nanoseconds upstream_duration{0};  ///< from the request sent to the response head
  std::string_view listener;                      ///< its address; outlives the call
  std::string client;                             ///< address:port
  CallProtocol protocol = CallProtocol::http11;
  std::string method;
  std::string source;                  ///< the URL as the client asked for it, canonical; raw where it could not be understood
  std::string target;                  ///< the URL it went to; empty where it went nowhere
  std::string_view rule;               ///< the mapping's source, or the allow entry, as written; outlives the call
  std::uint32_t mapping = no_mapping;  ///< the series that its source is counted in
  std::uint32_t allow_rule = no_allow_rule;  ///< the same of its allow entry
  Decision decision = Decision::local;
  bool refused = false;         ///< before the map was asked: logged as [REFUSED]
  int status = 0;               ///< what the client got; 0 where it got nothing
  std::uint64_t bytes_in = 0;   ///< body bytes from the client
  std::uint64_t bytes_out = 0;  ///< body bytes to the client
  std::string upstream;         ///< address:port of the last endpoint tried; empty where none was
  std::uint32_t tries = 0;
  std::string sni;                    ///< the name that TLS inside a tunnel asked for
  std::string_view first_end;         ///< of a tunnel or a TCP connection: "client" or "upstream", who ended first
  std::string trace_id;               ///< 32 hex digits; empty: none
  std::string request_id;             ///< from X-Request-Id, without controls; empty: none
  std::string reason;                 ///< why it was blocked, refused or failed; empty where all went well
  Reason reason_code = Reason::none;  ///< the same as a bounded label value; none where all went well

  /// As if new, but the strings keep their capacity.
  void clear();
};

}  // namespace ambassador::observe
