#include "config/substitute.hpp"

#include "base/bytes.hpp"
#include "config/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {
namespace {

bool is_variable_name(std::string_view name) {
  return !name.empty() && !is_digit(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

class Substitution {
 public:
  Substitution(std::map<std::string, std::string> const& environment, Report& report)
      : environment_(environment), report_(report) {}

  void apply(Node& node) {
    for (auto& child : node.children) apply(child);
    if (node.kind == Node::Kind::scalar && node.text.find("${") != std::string::npos) node.text = replace(node);
  }

 private:
  std::string replace(Node const& node) {
    std::string out;
    std::string_view rest = node.text;
    for (auto dollar = rest.find("${"); dollar != std::string_view::npos; dollar = rest.find("${")) {
      if (dollar > 0 && rest[dollar - 1] == '$') {
        out.append(rest.substr(0, dollar - 1)).append("${");
        rest.remove_prefix(dollar + 2);
        continue;
      }
      out.append(rest.substr(0, dollar));
      rest.remove_prefix(dollar + 2);
      auto const end = rest.find('}');
      if (end == std::string_view::npos) {
        refuse(report_, node, "a ${ without its }", "write ${NAME}, or $${ for a plain ${");
        return out;
      }
      out += value_of(node, rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    return out.append(rest);
  }

  std::string value_of(Node const& node, std::string_view name) {
    if (!is_variable_name(name)) {
      refuse(report_, node, "not a name of a variable in ${…}", "write ${NAME}, or $${ for a plain ${");
      return {};
    }
    auto const found = environment_.find(std::string{name});
    if (found != environment_.end()) return found->second;
    std::vector<std::string> names;
    for (auto const& [known, value] : environment_) names.push_back(known);
    auto const near = nearest(name, names);
    report_.error(node.where, node.path, fmt::format("the environment has no {}", name), node.text,
                  near.empty() ? "set it, or write $${ for a plain ${" : fmt::format("did you mean \"{}\"?", near));
    return {};
  }

  std::map<std::string, std::string> const& environment_;
  Report& report_;
};

}  // namespace

void substitute_environment(Node& node, std::map<std::string, std::string> const& environment, Report& report) {
  Substitution(environment, report).apply(node);
}

}  // namespace ambassador::config
