#include "route/explanation.hpp"

#include "base/bytes.hpp"
#include "config/protocol.hpp"
#include "config/settings/retry.hpp"
#include "config/units.hpp"
#include "route/nearest_miss.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace ambassador::route {
namespace {

constexpr std::size_t max_escaped_bytes = 256;
constexpr std::size_t max_shown_targets = 16;
constexpr std::string_view file_prefix = "file://";

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::mapped: return "mapped";
    case Verdict::allowed: return "allowed";
    case Verdict::reported: return "reported";
    case Verdict::blocked: break;
  }
  return "blocked";
}

std::string with_place(std::string const& text, config::Location const& where) {
  return where.line == 0 ? text + " (" + where.file + ')' : text + " (" + where.file + ':' + std::to_string(where.line) + ')';
}

std::string rule_of(Decision const& decision) {
  if (decision.verdict == Verdict::mapped)
    return with_place(decision.match.mapping->source_text, decision.match.mapping->where);
  if (decision.allow != nullptr) return with_place("allow " + decision.allow->text, decision.allow->where);
  return decision.verdict == Verdict::blocked ? std::string{} : std::string{"unmapped"};
}

/// The source with a listener of its own that a URL names: `tcp://localhost:9092`.
config::Mapping const* find_listening_source(Rules const& rules, std::string_view url) {
  UriParts parts;
  Authority asked;
  if (split_uri(url, parts) != UriFault::none) return nullptr;
  auto const* const protocol = config::find_protocol(parts.scheme);
  if (protocol == nullptr || !config::has_own_listener(protocol->scheme)) return nullptr;
  if (parse_authority(parts.authority, asked) != UriFault::none) return nullptr;
  auto const& map = rules.settings().map;
  auto const found = std::find_if(map.begin(), map.end(), [&](config::Mapping const& mapping) {
    return mapping.source.scheme == protocol->scheme && mapping.source.port == asked.port &&
           (mapping.source.host == asked.host || (mapping.source.host == "localhost" && is_loopback_host(asked.host)));
  });
  return found == map.end() ? nullptr : &*found;
}

std::string percent(double share) { return fmt::format("{:.12g}%", share * 100); }

/// The first of them, and how many more there are.
std::string joined(std::vector<std::string> const& texts) {
  std::string out;
  for (std::size_t i = 0; i < std::min(texts.size(), max_shown_targets); ++i) {
    if (i != 0) out += ", ";
    out += texts[i];
  }
  if (texts.size() > max_shown_targets) out += fmt::format(" and {} more", texts.size() - max_shown_targets);
  return out;
}

std::string balance_of(config::Mapping const& mapping) {
  switch (mapping.balance) {
    case config::Balance::least_requests: return "least_requests";
    case config::Balance::round_robin: return "round_robin";
    case config::Balance::ewma: return "ewma";
    case config::Balance::hash: break;
  }
  switch (mapping.hash.of) {
    case config::HashKey::Of::header: return "hash of the header " + mapping.hash.name;
    case config::HashKey::Of::cookie: return "hash of the cookie " + mapping.hash.name;
    case config::HashKey::Of::client: break;
  }
  return "hash of the client";
}

std::string targets_of(config::Mapping const& mapping) {
  if (mapping.targets.size() == 1)
    return mapping.balance == config::Balance::least_requests ? std::string{} : "balanced by " + balance_of(mapping);
  std::vector<std::string> texts;
  for (auto const& target : mapping.targets)
    texts.push_back(target.weight ? fmt::format("{} (weight {})", target.text, *target.weight) : target.text);
  return fmt::format("to one of {} targets by {}: {}", texts.size(), balance_of(mapping), joined(texts));
}

std::string health_of(config::HealthCheck const& health) {
  return fmt::format("endpoints checked by {} each {} ({} at most): {} failures make one unhealthy, {} successes healthy",
                     health.kind == config::HealthCheck::Kind::http ? "GET " + health.path : std::string{"connecting"},
                     config::duration_text(health.interval), config::duration_text(health.timeout), health.fall, health.rise);
}

std::string retry_of(config::Retry const& retry) {
  if (retry.attempts == 0) return "never tried again";
  std::vector<std::string> causes;
  if (retry.on_connect) causes.emplace_back("connect");
  if (retry.on_reset) causes.emplace_back("reset");
  for (auto const status : retry.on) causes.push_back(std::to_string(status));
  auto text = fmt::format("tried again up to {} times after {}", retry.attempts, joined(causes));
  if (retry.per_try) text += fmt::format(", {} each try", config::duration_text(*retry.per_try));
  return text;
}

std::string fault_of(config::Fault const& fault) {
  std::string text = percent(fault.share) + " of the calls";
  if (fault.delay.count() != 0) text += " delayed by " + config::duration_text(fault.delay);
  if (fault.abort != 0) text += fmt::format("{} answered with {}", fault.delay.count() != 0 ? " and" : "", fault.abort);
  return text;
}

/// What happens to the call on its way, beside where it goes: a sentence each, never a secret.
std::string changes_of(config::Mapping const& mapping) {
  std::string text;
  auto const add = [&](std::string const& what) {
    if (!what.empty()) text.append(text.empty() ? "" : ", ").append(what);
  };
  add(targets_of(mapping));
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
  if (mapping.health) add(health_of(*mapping.health));
  if (mapping.retry != config::default_retry(mapping.source.scheme)) add(retry_of(mapping.retry));
  if (mapping.mirror) add(fmt::format("{} copied to {}", percent(mapping.mirror->share), mapping.mirror->target.text));
  if (mapping.fault) add(fault_of(*mapping.fault));
  return text;
}

std::string changes_of(Decision const& decision) {
  return decision.match.mapping == nullptr ? std::string{} : changes_of(*decision.match.mapping);
}

bool is_used(config::Target const& target) { return target.weight != 0U; }

/// The URLs that the call may go to.
std::vector<std::string> targets_of(Decision const& decision, RequestUrl const& asked) {
  std::vector<std::string> urls;
  auto const add = [&](Decision const& by) {
    std::string url;
    append_target_url(url, by, asked);
    urls.push_back(std::move(url));
  };
  if (decision.match.mapping == nullptr) {
    add(decision);
    return urls;
  }
  for (auto const& target : decision.match.mapping->targets) {
    auto by = decision;
    by.target = &target;
    if (target.text.starts_with(file_prefix)) {
      urls.push_back(target.text);
    } else if (is_used(target)) {
      add(by);
    }
  }
  return urls;
}

Explanation explain_connection(config::Mapping const& mapping, Explanation answer) {
  answer.decision = name_of(Verdict::mapped);
  answer.rule = with_place(mapping.source_text, mapping.where);
  for (auto const& target : mapping.targets) {
    if (is_used(target)) answer.targets.push_back(target.text);
  }
  answer.target = answer.targets.front();
  answer.changes = changes_of(mapping);
  return answer;
}

/// The port of the listener that a loopback URL names: such a call comes straight to it. 0 where it names none.
std::uint16_t named_listener(Rules const& rules, RequestUrl const& asked) {
  auto const& listen = rules.settings().listen;
  bool const named = std::any_of(listen.begin(), listen.end(),
                                 [&](config::ListenAddress const& address) { return names_listener(asked, address.port); });
  return named ? asked.port() : std::uint16_t{0};
}

}  // namespace

Explanation explain(Rules const& rules, std::string_view method, std::string_view url) {
  Explanation answer;
  answer.method = escape(method, max_escaped_bytes);
  answer.url = escape(url, max_escaped_bytes);
  RequestUrl asked;
  if (!is_token(method)) {
    answer.decision = "refused";
    answer.reason = "400: the method is not a token";
    return answer;
  }
  if (auto const* const source = find_listening_source(rules, url)) return explain_connection(*source, std::move(answer));
  if (auto const fault = read_typed_url(method, url, asked)) {
    answer.decision = "refused";
    answer.reason = "400: " + std::string{*fault};
    return answer;
  }
  answer.url.clear();
  asked.append_text(answer.url);
  auto const listener_port = named_listener(rules, asked);
  auto const decision = rules.decide(asked, method, {}, listener_port);
  answer.decision = name_of(decision.verdict);
  answer.rule = rule_of(decision);
  if (decision.verdict == Verdict::blocked) {
    auto const miss = find_nearest_miss(rules, asked, method, {}, listener_port);
    answer.reason = std::to_string(rules.settings().reject_status) + ": " + describe_block(miss, asked, method);
    answer.paste = lines_to_paste(asked, listener_port);
  } else if (asked.form != TargetForm::authority) {
    answer.targets = targets_of(decision, asked);
    answer.target = answer.targets.front();
  } else {
    answer.target = decision.verdict == Verdict::mapped ? "the calls inside, each by the map" : answer.url;
    answer.targets = {answer.target};
  }
  answer.changes = changes_of(decision);
  return answer;
}

bool Explanation::may_go_to(std::string_view wanted) const {
  return std::any_of(targets.begin(), targets.end(),
                     [&](std::string const& one) { return one == wanted || one.starts_with(file_prefix); });
}

std::string to_text(Explanation const& explanation) {
  std::string text = explanation.method + ' ' + explanation.url + '\n';
  auto const line = [&](std::string_view key, std::string const& value) {
    if (!value.empty()) text.append("  ").append(key).append(": ").append(value).append("\n");
  };
  line("decision", explanation.decision);
  line("rule", explanation.rule);
  line("goes to", explanation.target);
  if (explanation.targets.size() > 1)
    line("or to", joined({std::next(explanation.targets.begin()), explanation.targets.end()}));
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
  answer["targets"] = boost::json::array(explanation.targets.begin(), explanation.targets.end());
  answer["changes"] = explanation.changes;
  answer["reason"] = explanation.reason;
  answer["paste"] = explanation.paste;
  return boost::json::serialize(answer) + '\n';
}

}  // namespace ambassador::route
