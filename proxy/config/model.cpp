#include "config/model.hpp"

#include "base/bytes.hpp"
#include "config/address.hpp"
#include "config/mapping_uri.hpp"
#include "config/values.hpp"
#include "config/waits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {
namespace {

class Model {
 public:
  Model(Node const& root, Report& report) : root_(root), report_(report) {}

  Settings read() {
    read_addresses();
    if (auto const* const node = root_.find("unmapped")) choose(*node, settings_.unmapped);
    if (auto const* const node = root_.find("workers")) read_workers(*node);
    if (auto const* const node = root_.find("log")) read_log(*node);
    if (auto const* const node = root_.find("timeout")) read_timeouts(*node, settings_.timeout);
    if (auto const* const node = root_.find("limits")) read_limits(*node);
    if (auto const* const node = root_.find("map")) read_map(*node);
    if (auto const* const node = root_.find("allow")) read_allow_list(*node);
    if (auto const* const node = root_.find("expect")) read_expect(*node);
    return std::move(settings_);
  }

 private:
  /// The enumerators stand in the order of the key's choices.
  template <class Enum>
  void choose(Node const& node, Enum& value) {
    if (auto const index = read_choice(node, report_)) value = static_cast<Enum>(*index);
  }

  void read_addresses() {
    settings_.listen = {{"127.0.0.1", 1080, true, {}}, {"::1", 1080, true, {}}};
    settings_.admin = ListenAddress{"127.0.0.1", 9901, true, {}};
    if (auto const* const node = root_.find("listen")) {
      settings_.listen.clear();
      for (auto const& entry : node->children) {
        for (auto& address : read_listen(entry, report_)) settings_.listen.push_back(std::move(address));
      }
    }
    if (auto const* const node = root_.find("admin")) read_admin(*node);
  }

  void read_admin(Node const& node) {
    settings_.admin.reset();
    // A tool that reads YAML 1.1 writes `off` as `false`.
    if (node.text == "off" || (node.text == "false" && !node.quoted)) return;
    auto addresses = read_listen(node, report_);
    if (!addresses.empty()) settings_.admin = std::move(addresses.front());
  }

  void read_workers(Node const& node) {
    if (node.text == "auto") return;
    if (auto const count = read_count(node, report_)) settings_.workers = static_cast<unsigned>(*count);
  }

  void read_log(Node const& node) {
    if (auto const* const format = node.find("format")) choose(*format, settings_.log.format);
    if (auto const* const calls = node.find("calls")) settings_.log.share = read_share(*calls, report_).value_or(1.0);
    if (auto const* const query = node.find("query")) settings_.log.redact_query = read_choice(*query, report_) == 1;
  }

  void read_timeouts(Node const& node, Timeouts& timeouts) {
    for (auto const& wait : waits) {
      auto const* const child = node.find(wait.name);
      if (child == nullptr) continue;
      if (auto const value = read_duration(*child, report_)) timeouts.*wait.value = *value;
    }
  }

  void read_limits(Node const& node) {
    auto& limits = settings_.limits;
    if (auto const* const head = node.find("head")) limits.head = read_size(*head, report_).value_or(limits.head);
    if (auto const* const target = node.find("target")) limits.target = read_size(*target, report_).value_or(limits.target);
    if (auto const* const fields = node.find("fields")) limits.fields = read_count(*fields, report_).value_or(limits.fields);
    if (auto const* const connections = node.find("connections")) {
      limits.connections = read_count(*connections, report_).value_or(limits.connections);
    }
    if (auto const* const pending = node.find("pending"))
      limits.pending = read_count(*pending, report_).value_or(limits.pending);
    if (limits.target < limits.head) return;
    auto const* const target = node.find("target");
    refuse(report_, target != nullptr ? *target : *node.find("head"),
           "limits.target must be smaller than limits.head: a target is part of a head",
           fmt::format("they are {} and {}", size_text(limits.target), size_text(limits.head)));
  }

  void read_map(Node const& node) {
    for (auto const& entry : node.children) {
      if (auto mapping = read_mapping(entry)) settings_.map.push_back(std::move(*mapping));
    }
  }

  std::optional<Mapping> read_mapping(Node const& entry) {
    Mapping mapping;
    if (auto const* const match = entry.find("match")) choose(*match, mapping.match);
    if (auto const* const when = entry.find("when")) mapping.when = read_when(*when);
    mapping.timeout = settings_.timeout;
    if (auto const* const timeout = entry.find("timeout")) read_timeouts(*timeout, mapping.timeout);
    auto const* const source_node = entry.find("source");
    auto const* const target_node = entry.find("target");
    auto source = source_node != nullptr ? read_source(*source_node, mapping.match, report_) : std::nullopt;
    auto target = target_node != nullptr ? read_target(*target_node, mapping.match, report_) : std::nullopt;
    if (!source || !target) return std::nullopt;
    mapping.source_text = source_node->text;
    mapping.where = source_node->where;
    mapping.source = std::move(*source);
    mapping.target = std::move(*target);
    return mapping;
  }

  When read_when(Node const& node) {
    When when;
    if (auto const* const methods = node.find("methods")) {
      for (auto const& method : methods->children) {
        if (check_method(method, method.text)) when.methods.push_back(method.text);
      }
    }
    if (auto const* const headers = node.find("headers")) {
      for (auto const& field : headers->children) {
        if (check_field(field, when)) when.headers.emplace_back(field.name, trim(field.text));
      }
    }
    return when;
  }

  bool check_method(Node const& node, std::string_view method) {
    if (!is_token(method)) {
      refuse(report_, node, "not a method", "write a name such as GET");
      return false;
    }
    if (std::none_of(method.begin(), method.end(), [](char c) { return c >= 'a' && c <= 'z'; })) return true;
    std::string upper(method);
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    refuse(report_, node, "methods are told apart by case", fmt::format("write {}", upper));
    return false;
  }

  bool check_field(Node const& field, When const& when) {
    if (!is_token(field.name)) {
      report_.error(field.name_where, field.path, "not the name of a field", field.name, "letters, digits and !#$%&'*+-.^_`|~");
      return false;
    }
    bool const twice = std::any_of(when.headers.begin(), when.headers.end(),
                                   [&](auto const& header) { return iequals(header.first, field.name); });
    if (twice) {
      report_.error(field.name_where, field.path, "the same field twice: case does not count in its name", field.name);
      return false;
    }
    if (std::none_of(field.text.begin(), field.text.end(), [](char c) { return is_control(c) && c != '\t'; })) return true;
    refuse(report_, field, "the value of a field cannot hold control bytes");
    return false;
  }

  void read_allow_list(Node const& node) {
    for (auto const& entry : node.children) {
      if (auto rule = read_allow(entry, report_)) settings_.allow.push_back(std::move(*rule));
    }
  }

  void read_expect(Node const& node) {
    for (auto const& entry : node.children) {
      if (auto expectation = read_expectation(entry)) settings_.expect.push_back(std::move(*expectation));
    }
  }

  std::optional<Expectation> read_expectation(Node const& entry) {
    auto const* const request = entry.find("request");
    auto const* const goes_to = entry.find("goes_to");
    auto const* const blocked = entry.find("blocked");
    if ((goes_to != nullptr) == (blocked != nullptr)) {
      report_.error(entry.where, entry.path, "an expectation has either goes_to or blocked", "",
                    "write goes_to: URL, or blocked: true");
    }
    if (blocked != nullptr) read_truth(*blocked, report_);
    if (goes_to != nullptr && !check_url(*goes_to, goes_to->text, report_)) return std::nullopt;
    if (request == nullptr) return std::nullopt;
    Expectation expectation;
    expectation.where = request->where;
    std::string_view const text = request->text;
    auto const blank = text.find(' ');
    if (blank == std::string_view::npos) {
      refuse(report_, *request, "not a method and a URL", "write GET http://localhost/api");
      return std::nullopt;
    }
    expectation.method = text.substr(0, blank);
    expectation.url = trim(text.substr(blank));
    if (goes_to != nullptr) expectation.goes_to = goes_to->text;
    bool const method_fits = check_method(*request, expectation.method);
    if (!check_url(*request, expectation.url, report_) || !method_fits) return std::nullopt;
    return expectation;
  }

  Node const& root_;
  Report& report_;
  Settings settings_;
};

}  // namespace

Settings read_model(Node const& root, Report& report) { return Model(root, report).read(); }

}  // namespace ambassador::config
