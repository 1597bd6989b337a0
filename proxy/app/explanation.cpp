#include "app/explanation.hpp"

#include "base/bytes.hpp"
#include "route/nearest_miss.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

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
    answer.reason =
        std::to_string(rules.settings().reject_status) + ": " + route::describe_block(decision, miss, asked, method);
    answer.paste = route::lines_to_paste(asked);
  } else if (asked.form == route::TargetForm::authority) {
    answer.target = "the calls inside, each by the map";
  } else {
    route::append_target_url(answer.target, decision, asked);
  }
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
  answer["reason"] = explanation.reason;
  answer["paste"] = explanation.paste;
  return boost::json::serialize(answer) + '\n';
}

}  // namespace ambassador::app
