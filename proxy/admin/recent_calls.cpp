#include "admin/recent_calls.hpp"

#include "admin/format_characters.hpp"
#include "admin/logged_url.hpp"
#include "observe/text.hpp"
#include "observe/timestamp.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace ambassador::admin {
namespace {

std::string text_of(SystemTime time) {
  std::string text;
  observe::TimestampWriter{}.append(text, time);
  return text;
}

/// UTF-8, whatever a client sent, of which one sees what it is.
std::string shown(std::string_view text) {
  std::string sentence;
  observe::append_sentence(sentence, text);
  return with_escaped_format_characters(sentence);
}

/// Of a call that the map did not cover; other blocked calls, such as those to an address that may not be reached, need
/// more than a line.
bool needs_a_line(observe::LoggedCall const& call) {
  return call.decision == "reported" || (call.decision == "blocked" && call.reason.starts_with("not in the map"));
}

/// The source or the allow entry that takes the call now; empty where there is none.
std::string covering(route::Snapshot const& snapshot, observe::LoggedCall const& call, route::RequestUrl const& url,
                     std::uint16_t port) {
  auto const decision = snapshot.rules.decide(url, call.method, {}, port);
  if (decision.verdict == route::Verdict::mapped) return decision.match.mapping->source_text;
  return decision.allow != nullptr ? "allow " + decision.allow->text : std::string{};
}

void add_remedy(boost::json::object& object, route::Snapshot const& snapshot, observe::LoggedCall const& call,
                route::SeenCalls const& seen) {
  route::RequestUrl url;
  if (!needs_a_line(call) || !read_logged_url(call, url)) return;
  auto const port = listener_port_of(call, url, &snapshot);
  if (auto const rule = covering(snapshot, call, url, port); !rule.empty()) {
    object["covered_by"] = rule;
  } else {
    object["paste"] = lines_for(url, port, seen);
  }
}

boost::json::object object_of(std::uint64_t number, observe::LoggedCall const& call) {
  boost::json::object object;
  object["number"] = number;
  object["time"] = text_of(call.time);
  object["method"] = shown(call.method);
  object["source"] = shown(call.source);
  object["target"] = shown(call.target);
  object["decision"] = call.decision;
  object["status"] = call.status;
  object["duration_ms"] = call.duration_ms;
  object["bytes_in"] = call.bytes_in;
  object["bytes_out"] = call.bytes_out;
  object["upstream"] = call.upstream;
  object["tries"] = call.tries;
  object["reason"] = shown(call.reason);
  object["request_id"] = shown(call.request_id);
  object["trace_id"] = shown(call.trace_id);
  return object;
}

}  // namespace

std::string recent_calls_json(route::Snapshot const& snapshot, observe::RecentLines const& lines, route::SeenCalls const& seen,
                              std::uint64_t after) {
  boost::json::array calls;
  auto last = after;
  for (auto const& line : lines.after(after)) {
    last = line.number;
    auto call = observe::read_log_line(line.text);
    if (!call) continue;
    auto object = object_of(line.number, *call);
    add_remedy(object, snapshot, *call, seen);
    calls.push_back(std::move(object));
  }
  boost::json::object answer;
  answer["last"] = last;
  answer["calls"] = std::move(calls);
  return boost::json::serialize(answer) + '\n';
}

}  // namespace ambassador::admin
