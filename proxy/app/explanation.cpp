#include "app/explanation.hpp"

#include "base/bytes.hpp"
#include "route/nearest_miss.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace ambassador::app {
namespace {

constexpr std::size_t max_shown_bytes = 256;

std::string_view name_of(route::Verdict verdict) {
  switch (verdict) {
    case route::Verdict::mapped: return "mapped";
    case route::Verdict::allowed: return "allowed";
    case route::Verdict::reported: return "reported";
    case route::Verdict::blocked: break;
  }
  return "blocked";
}

std::string with_place(std::string const& text, config::Location const& where) {
  return where.line == 0 ? text + " (" + where.file + ')' : text + " (" + where.file + ':' + std::to_string(where.line) + ')';
}

std::string rule_of(route::Decision const& decision) {
  if (decision.verdict == route::Verdict::mapped)
    return with_place(decision.match.mapping->source_text, decision.match.mapping->where);
  if (decision.allow != nullptr) return with_place("allow " + decision.allow->text, decision.allow->where);
  return decision.verdict == route::Verdict::blocked ? std::string{} : std::string{"unmapped"};
}

/// The source that a `tcp://` URL names.
config::Mapping const* find_tcp_source(route::Rules const& rules, std::string_view url) {
  UriParts parts;
  Authority asked;
  if (split_uri(url, parts) != UriFault::none || !iequals(parts.scheme, "tcp")) return nullptr;
  if (parse_authority(parts.authority, asked) != UriFault::none) return nullptr;
  auto const& map = rules.settings().map;
  auto const found = std::find_if(map.begin(), map.end(), [&](config::Mapping const& mapping) {
    return mapping.source.scheme == config::SourceScheme::tcp && mapping.source.port == asked.port &&
           (mapping.source.host == asked.host || (mapping.source.host == "localhost" && is_loopback_host(asked.host)));
  });
  return found == map.end() ? nullptr : &*found;
}

/// What happens to the call on its way, beside where it goes: a sentence each, never a secret.
std::string changes_of(config::Mapping const& mapping) {
  std::string text;
  auto const add = [&](std::string const& what) { text.append(text.empty() ? "" : ", ").append(what); };
  if (config::is_tls(mapping.targets.front().scheme))
    add(mapping.tls.verify ? "over verified TLS" : "over TLS that is not verified");
  if (mapping.via) add("via " + mapping.via->text);
  if (mapping.credential) add("with " + mapping.credential->header + " from " + mapping.credential->file);
  if (!mapping.request_headers.empty()) add("request headers changed");
  if (!mapping.response_headers.empty()) add("response headers changed");
  if (mapping.rate) {
    add("at most " + std::to_string(mapping.rate->requests) + " calls in " + std::to_string(mapping.rate->per.count()) + " ms");
  }
  if (mapping.requests != 0) add("at most " + std::to_string(mapping.requests) + " at once");
  return text;
}

std::string changes_of(route::Decision const& decision) {
  return decision.match.mapping == nullptr ? std::string{} : changes_of(*decision.match.mapping);
}

Explanation explain_tcp(config::Mapping const& mapping, Explanation answer) {
  answer.decision = name_of(route::Verdict::mapped);
  answer.rule = with_place(mapping.source_text, mapping.where);
  answer.target = mapping.targets.front().text;
  answer.changes = changes_of(mapping);
  return answer;
}

}  // namespace

Explanation explain(route::Rules const& rules, std::string_view method, std::string_view url) {
  Explanation answer;
  answer.method = escape(method, max_shown_bytes);
  answer.url = escape(url, max_shown_bytes);
  route::RequestUrl asked;
  if (!is_token(method)) {
    answer.decision = "refused";
    answer.reason = "400: the method is not a token";
    return answer;
  }
  if (auto const* const tcp = find_tcp_source(rules, url)) return explain_tcp(*tcp, std::move(answer));
  if (auto const fault = route::read_typed_url(method, url, asked)) {
    answer.decision = "refused";
    answer.reason = "400: " + std::string{*fault};
    return answer;
  }
  answer.url.clear();
  asked.append_text(answer.url);
  auto const decision = rules.decide(asked, method, {}, 0);
  answer.decision = name_of(decision.verdict);
  answer.rule = rule_of(decision);
  if (decision.verdict == route::Verdict::blocked) {
    auto const miss = route::find_nearest_miss(rules, asked, method, {});
    answer.reason = std::to_string(rules.settings().reject_status) + ": " + route::describe_block(miss, asked, method);
    answer.paste = route::lines_to_paste(asked);
  } else if (asked.form != route::TargetForm::authority) {
    route::append_target_url(answer.target, decision, asked);
  } else {
    answer.target = decision.verdict == route::Verdict::mapped ? "the calls inside, each by the map" : answer.url;
  }
  answer.changes = changes_of(decision);
  return answer;
}

std::string to_text(Explanation const& explanation) {
  std::string text = explanation.method + ' ' + explanation.url + '\n';
  auto const line = [&](std::string_view key, std::string const& value) {
    if (!value.empty()) text.append("  ").append(key).append(": ").append(value).append("\n");
  };
  line("decision", explanation.decision);
  line("rule", explanation.rule);
  line("goes to", explanation.target);
  line("on the way", explanation.changes);
  line("reason", explanation.reason);
  if (!explanation.paste.empty()) text.append("\nTo let it pass, add to the configuration:\n\n").append(explanation.paste);
  return text;
}

std::string to_json(Explanation const& explanation) {
  boost::json::object answer;
  answer["method"] = explanation.method;
  answer["url"] = explanation.url;
  answer["decision"] = explanation.decision;
  answer["rule"] = explanation.rule;
  answer["target"] = explanation.target;
  answer["changes"] = explanation.changes;
  answer["reason"] = explanation.reason;
  answer["paste"] = explanation.paste;
  return boost::json::serialize(answer) + '\n';
}

}  // namespace ambassador::app
