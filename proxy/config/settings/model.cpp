#include "config/settings/model.hpp"

#include "base/bytes.hpp"
#include "config/settings/address.hpp"
#include "config/settings/allow.hpp"
#include "config/settings/mapping.hpp"
#include "config/settings/mapping_uri.hpp"
#include "config/settings/targets.hpp"
#include "config/settings/values.hpp"
#include "config/settings/via.hpp"
#include "config/units.hpp"

#include <fmt/format.h>

namespace ambassador::config {
namespace {

class Model {
 public:
  Model(Node const& root, Inputs const& inputs, Report& report) : root_(root), files_(inputs), report_(report) {}

  Settings read() {
    read_addresses();
    if (auto const* const node = root_.find("unmapped")) choose(*node, settings_.unmapped);
    if (auto const* const node = root_.find("trace")) choose(*node, settings_.trace);
    if (auto const* const node = root_.find("workers")) read_workers(*node);
    if (auto const* const node = root_.find("log")) read_log(*node);
    if (auto const* const node = root_.find("timeout")) read_timeouts(*node, settings_.timeout, report_);
    if (auto const* const node = root_.find("limits")) read_limits(*node);
    if (auto const* const node = root_.find("via")) settings_.via = read_via(*node, report_);
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
    if (auto const* const node = root_.find("transparent")) read_transparent(*node);
    if (auto const* const node = root_.find("admin")) read_admin(*node);
  }

  void read_transparent(Node const& node) {
    auto const port = read_count(node, report_);
    if (!port) return;
    settings_.transparent = static_cast<std::uint16_t>(*port);
    for (auto const* const host : {"127.0.0.1", "::1"}) {
      ListenAddress address{host, *settings_.transparent, true, node.where};
      address.protocol = ListenProtocol::transparent;
      settings_.listen.push_back(std::move(address));
    }
  }

  void read_admin(Node const& node) {
    settings_.admin.reset();
    // A tool that reads YAML 1.1 writes `off` as `false`.
    if (node.text == "off" || (node.text == "false" && !node.quoted)) return;
    auto addresses = read_address(node, report_);
    if (addresses.empty()) return;
    bool const any = addresses.back().host == "::";
    settings_.admin = std::move(any ? addresses.back() : addresses.front());
    settings_.admin->both_families = any;
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
      if (auto mapping = read_mapping(entry, settings_, files_, report_)) settings_.map.push_back(std::move(*mapping));
    }
    settings_.endpoint_files = files_.names();
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
    bool const tunnel = expectation.method == "CONNECT";
    bool const method_fits = check_method(*request, expectation.method, report_);
    bool const url_fits = check_destination(*request, expectation.url, tunnel);
    bool const goes_to_fits = goes_to == nullptr || check_destination(*goes_to, goes_to->text, tunnel);
    if (!method_fits || !url_fits || !goes_to_fits) return std::nullopt;
    return expectation;
  }

  bool check_destination(Node const& node, std::string_view text, bool tunnel) {
    return tunnel ? check_authority(node, text, report_) : check_url(node, text, report_);
  }

  Node const& root_;
  EndpointFiles files_;
  Report& report_;
  Settings settings_;
};

}  // namespace

Settings read_model(Node const& root, Inputs const& inputs, Report& report) { return Model(root, inputs, report).read(); }

}  // namespace ambassador::config
