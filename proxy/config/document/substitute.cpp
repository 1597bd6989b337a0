#include "config/document/substitute.hpp"

#include "base/bytes.hpp"
#include "config/document/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {
namespace {

constexpr char const* how_to_refer = "write ${NAME}, or $${ for a plain ${";

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
    if (node.kind == Node::Kind::scalar && node.text.find("${") != std::string::npos) replace(node);
  }

 private:
  void replace(Node& node) {
    std::string out;
    std::string_view rest = node.text;
    for (auto dollar = rest.find("${"); dollar != std::string_view::npos; dollar = rest.find("${")) {
      if (dollar > 0 && rest[dollar - 1] == '$') {
        out.append(rest.substr(0, dollar - 1)).append("${");
        rest.remove_prefix(dollar + 2);
        continue;
      }
      auto const end = rest.find('}', dollar);
      if (end == std::string_view::npos) return fault(node, "a ${ without its }", how_to_refer);
      auto const* const value = find_value(node, rest.substr(dollar + 2, end - dollar - 2));
      if (value == nullptr) return;
      out.append(rest.substr(0, dollar)).append(*value);
      rest.remove_prefix(end + 1);
    }
    out.append(rest);
    node.text = std::move(out);
  }

  std::string const* find_value(Node& node, std::string_view name) {
    if (!is_variable_name(name)) {
      fault(node, "not a name of a variable in ${…}", how_to_refer);
      return nullptr;
    }
    auto const found = environment_.find(std::string{name});
    if (found != environment_.end()) return &found->second;
    std::vector<std::string> names;
    for (auto const& [known, value] : environment_) names.push_back(known);
    auto const near = nearest(name, names);
    fault(node, fmt::format("the environment has no {}", name),
          near.empty() ? "set it, or write $${ for a plain ${" : fmt::format("did you mean \"{}\"?", near));
    return nullptr;
  }

  void fault(Node& node, std::string message, std::string hint) {
    refuse(report_, node, std::move(message), std::move(hint));
    node.reported = true;
  }

  std::map<std::string, std::string> const& environment_;
  Report& report_;
};

}  // namespace

void substitute_environment(Node& node, std::map<std::string, std::string> const& environment, Report& report) {
  Substitution(environment, report).apply(node);
}

}  // namespace ambassador::config
