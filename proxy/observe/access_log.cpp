#include "observe/access_log.hpp"

#include "observe/text.hpp"
#include "observe/timestamp.hpp"

#include <chrono>
#include <string_view>

namespace ambassador::observe {
namespace {

constexpr std::string_view redacted = "redacted";

void append_time(std::string& out, SystemTime time) {
  // Only a memory of the last second's text: what is written depends on nothing but `time`.
  thread_local TimestampWriter writer;
  writer.append(out, time);
}

/// The part of a URL that is shown as it is, and what comes in place of the rest.
struct ShownUrl {
  std::string_view kept;
  std::string_view instead;
};

ShownUrl shown(std::string_view url, LogStyle style) {
  auto const query = style.redact_query ? url.find('?') : std::string_view::npos;
  if (query == std::string_view::npos) return {url, {}};
  return {url.substr(0, query + 1), redacted};
}

void append_url(std::string& out, std::string_view url, LogStyle style, std::size_t limit = std::string_view::npos) {
  auto const [kept, instead] = shown(url, style);
  append_field(out, kept, limit);
  out += instead;
}

/// Method and URL as the client put them.
void append_request(std::string& out, CallRecord const& record, LogStyle style) {
  if (record.method.empty())
    out += '-';
  else
    append_field(out, record.method, max_refused_bytes);
  out += ' ';
  if (record.source.empty())
    out += '-';
  else
    append_url(out, record.source, style, record.refused ? max_refused_bytes : std::string_view::npos);
}

void append_status(std::string& out, int status) {
  if (status <= 0)
    out += '-';
  else
    append_number(out, static_cast<std::uint64_t>(status));
}

void append_reason(std::string& out, CallRecord const& record) {
  if (record.reason.empty()) return;
  out += ' ';
  append_sentence(out, record.reason);
}

/// By what the call is found again: behind all else, where the last ` request=` is ours whatever a reason quotes.
void append_ids(std::string& out, CallRecord const& record) {
  if (!record.trace_id.empty()) {
    out += " trace=";
    append_field(out, record.trace_id);
  }
  if (record.request_id.empty()) return;
  out += " request=";
  append_field(out, record.request_id);
}

std::uint64_t whole_microseconds(std::chrono::nanoseconds duration) {
  return duration.count() <= 0 ? 0 : static_cast<std::uint64_t>(duration.count()) / 1000;
}

void append_effort(std::string& out, CallRecord const& record) {
  out += ' ';
  append_number(out, whole_microseconds(record.duration) / 1000);
  out += "ms in=";
  append_number(out, record.bytes_in);
  out += " out=";
  append_number(out, record.bytes_out);
}

void append_upstream(std::string& out, CallRecord const& record) {
  out += " upstream=";
  if (record.upstream.empty())
    out += '-';
  else
    append_field(out, record.upstream);
  out += " tries=";
  append_number(out, record.tries);
  if (!record.sni.empty()) {
    out += " sni=";
    append_field(out, record.sni);
  }
  if (!record.first_end.empty()) {
    out += " end=";
    out += record.first_end;
  }
}

/// What follows the source of a call that was passed on.
void append_passed_on(std::string& out, CallRecord const& record, LogStyle style) {
  if (record.decision == Decision::reported) out += " [REPORTED]";
  if (record.decision == Decision::mapped && !record.target.empty()) {
    out += " -> ";
    append_url(out, record.target, style);
  }
  out += ' ';
  append_status(out, record.status);
  append_effort(out, record);
  append_upstream(out, record);
}

void append_outcome(std::string& out, CallRecord const& record, LogStyle style) {
  if (record.refused) {
    out += " [REFUSED] ";
    append_status(out, record.status);
  } else if (record.decision == Decision::blocked) {
    out += " [BLOCKED] ";
    append_status(out, record.status);
  } else if (record.decision == Decision::local) {
    out += " [LOCAL] ";
    append_status(out, record.status);
    append_effort(out, record);
  } else {
    append_passed_on(out, record, style);
  }
}

/// Milliseconds with no more decimals than they need, at most three.
void append_milliseconds(std::string& out, std::chrono::nanoseconds duration) {
  std::uint64_t const microseconds = whole_microseconds(duration);
  append_number(out, microseconds / 1000);
  std::uint64_t const fraction = microseconds % 1000;
  if (fraction == 0) return;
  out += '.';
  out += static_cast<char>('0' + fraction / 100);
  if (fraction % 100 != 0) out += static_cast<char>('0' + fraction / 10 % 10);
  if (fraction % 10 != 0) out += static_cast<char>('0' + fraction % 10);
}

void append_json_text(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  append_json_string(out, value);
}

void append_json_number(std::string& out, std::string_view key, std::uint64_t value) {
  out += key;
  append_number(out, value);
}

void append_json_url(std::string& out, std::string_view key, std::string_view url, LogStyle style) {
  auto const [kept, instead] = shown(url, style);
  append_json_text(out, key, kept);
  if (instead.empty()) return;
  out.back() = instead.front();  // in place of the closing quote
  out += instead.substr(1);
  out += '"';
}

/// The request as the client put it: a refused one is escaped and cut as in a text line.
void append_json_request(std::string& out, CallRecord const& record, LogStyle style) {
  if (!record.refused) {
    append_json_text(out, ",\"method\":", record.method);
    append_json_url(out, ",\"source\":", record.source, style);
    return;
  }
  std::string text;
  append_field(text, record.method, max_refused_bytes);
  append_json_text(out, ",\"method\":", text);
  text.clear();
  append_url(text, record.source, style, max_refused_bytes);
  append_json_text(out, ",\"source\":", text);
}

}  // namespace

bool is_failure(CallRecord const& record) noexcept {
  return record.refused || record.decision == Decision::blocked || record.decision == Decision::reported ||
         record.reason_code != Reason::none || record.status >= 500 || (record.status == 0 && !is_connection(record.protocol));
}

bool is_logged(CallRecord const& record, double share, double dice) noexcept { return dice < share || is_failure(record); }

void append_line(std::string& out, CallRecord const& record, LogStyle style) {
  if (style.format == LineFormat::json)
    append_json(out, record, style);
  else
    append_text(out, record, style);
}

void append_text(std::string& out, CallRecord const& record, LogStyle style) {
  append_time(out, record.time);
  out += ' ';
  append_request(out, record, style);
  append_outcome(out, record, style);
  append_reason(out, record);
  append_ids(out, record);
  out += '\n';
}

void append_json(std::string& out, CallRecord const& record, LogStyle style) {
  out += "{\"time\":\"";
  append_time(out, record.time);
  append_json_text(out, "\",\"listener\":", record.listener);
  append_json_text(out, ",\"client\":", record.client);
  append_json_text(out, ",\"protocol\":", name(record.protocol));
  append_json_request(out, record, style);
  append_json_url(out, ",\"target\":", record.target, style);
  append_json_text(out, ",\"decision\":", name(record.decision));
  append_json_text(out, ",\"rule\":", record.rule);
  append_json_number(out, ",\"status\":", record.status <= 0 ? 0 : static_cast<std::uint64_t>(record.status));
  out += ",\"duration_ms\":";
  append_milliseconds(out, record.duration);
  append_json_number(out, ",\"bytes_in\":", record.bytes_in);
  append_json_number(out, ",\"bytes_out\":", record.bytes_out);
  append_json_text(out, ",\"upstream\":", record.upstream);
  append_json_number(out, ",\"tries\":", record.tries);
  if (!record.sni.empty()) append_json_text(out, ",\"sni\":", record.sni);
  if (!record.first_end.empty()) append_json_text(out, ",\"end\":", record.first_end);
  append_json_text(out, ",\"reason\":", record.reason);
  if (!record.request_id.empty()) append_json_text(out, ",\"request_id\":", record.request_id);
  if (!record.trace_id.empty()) append_json_text(out, ",\"trace_id\":", record.trace_id);
  out += "}\n";
}

}  // namespace ambassador::observe
