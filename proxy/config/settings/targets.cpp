#include "config/settings/targets.hpp"

#include "base/bytes.hpp"
#include "config/document/document.hpp"
#include "config/keys/keys.hpp"
#include "config/settings/mapping_uri.hpp"
#include "config/settings/values.hpp"
#include "config/units.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {
namespace {

constexpr std::string_view file_scheme_prefix = "file://";
constexpr std::string_view weight_prefix = "weight=";

bool names_file(std::string_view text) { return text.starts_with("file:"); }

/// `line 3`, or with the file where it is another.
std::string place_from(Location const& here, Location const& there) {
  if (there.line == 0) return there.file;
  return here.file == there.file ? fmt::format("line {}", there.line) : fmt::format("{}:{}", there.file, there.line);
}

/// What makes two targets the same.
std::string identity(Target const& target) {
  return fmt::format("{}://{}:{}{}?{}", name(target.scheme), target.authority.host, target.port, target.path,
                     target.query.value_or(""));
}

/// The line without its comment, which begins with a `#` at the begin or behind a blank, and without the blanks around it.
std::string_view without_comment(std::string_view line) {
  for (auto hash = line.find('#'); hash != std::string_view::npos; hash = line.find('#', hash + 1)) {
    if (hash != 0 && line[hash - 1] != ' ' && line[hash - 1] != '\t') continue;
    line = line.substr(0, hash);
    break;
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  return trim(line);
}

class TargetReader {
 public:
  TargetReader(Node const& node, SourceScheme source, MatchKind match, EndpointFiles& files, Report& report)
      : node_(node), source_(source), match_(match), files_(files), report_(report) {}

  std::optional<std::vector<Target>> read() {
    if (node_.kind == Node::Kind::scalar) add(node_, nullptr);
    for (auto const& entry : node_.children) read_entry(entry);
    // What is missing here was refused by its shape.
    if (targets_.empty()) return std::nullopt;
    judge_count();
    judge_schemes();
    judge_duplicates();
    fill_weights();
    return fits_ ? std::optional{std::move(targets_)} : std::nullopt;
  }

 private:
  void read_entry(Node const& entry) {
    bool const plain = entry.kind == Node::Kind::scalar;
    auto const* const url = plain ? &entry : entry.find("url");
    if (url != nullptr) {
      add(*url, entry.find("weight"));
    } else {
      fits_ = false;
    }
  }

  void add(Node const& url, Node const* weight) {
    if (names_file(url.text)) {
      if (weight != nullptr)
        fault(*weight, "a list of targets has a weight in each of its lines", "write http://host weight=9");
      read_file(url);
      return;
    }
    auto target = read_target(url, match_, report_);
    if (target && weight != nullptr) target->weight = read_weight(*weight);
    if (!target) fits_ = false;
    if (target) targets_.push_back(std::move(*target));
  }

  std::optional<unsigned> read_weight(Node const& node) {
    auto const weight = read_count(node, report_);
    if (!weight) fits_ = false;
    return weight ? std::optional{static_cast<unsigned>(*weight)} : std::nullopt;
  }

  // ---- files

  void read_file(Node const& url) {
    std::string_view path = url.text;
    path.remove_prefix(std::min(file_scheme_prefix.size(), path.size()));
    if (!url.text.starts_with(file_scheme_prefix) || path.size() < 2 || path.front() != '/') {
      fault(url, "not the name of a list of targets", "write file:///etc/ambassador/endpoints");
      return;
    }
    auto const& text = files_.read(std::string{path});
    if (text) {
      read_lines(*text, std::string{path});
    } else if (files_.may_be_missing()) {
      report_.warning(url.where, url.path, "the list of targets is not there: nothing is known of where the calls go",
                      url.text);
      targets_.push_back(unknown_target(url));
    } else {
      fault(url, "the list of targets cannot be read", "does it exist, and may this user read it?");
    }
  }

  /// Stands for a list that is not there: nothing is ever sent to it.
  [[nodiscard]] Target unknown_target(Node const& url) const {
    Target target;
    auto const& rows = row_of(source_).targets;
    target.scheme = std::find_if(rows.begin(), rows.end(), [](TargetRow const& row) { return row.tls; })->scheme;
    target.text = url.text;
    target.authority.host = "endpoints.invalid";
    target.host_header = target.authority.host;
    target.path = url.text.substr(file_scheme_prefix.size());
    target.where = url.where;
    return target;
  }

  void read_lines(std::string_view text, std::string const& path) {
    if (text.size() > max_document_bytes) {
      fault_at({path, 0, 0}, fmt::format("larger than {}", size_text(max_document_bytes)), {}, {});
      return;
    }
    std::size_t lines = 0;
    for (Location where{path, 1, 1}; !text.empty(); ++where.line) {
      auto const end = std::min(text.find('\n'), text.size());
      auto const line = text.substr(0, end);
      auto const content = without_comment(line);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (content.empty()) continue;
      where.column = static_cast<int>(content.data() - line.data()) + 1;
      if (++lines > max_targets) {
        fault_at(where, too_many(max_targets), {}, {});
        return;
      }
      read_line(content, where);
    }
    if (lines == 0) fault_at({path, 1, 1}, "the list names no target", {}, "write one a line: http://host:port");
  }

  /// `URI`, or `URI weight=N`.
  void read_line(std::string_view line, Location const& where) {
    auto const blank = std::min(line.find_first_of(" \t"), line.size());
    auto const rest = trim(line.substr(blank));
    if (!rest.empty() && (!rest.starts_with(weight_prefix) || rest.find_first_of(" \t") != std::string_view::npos)) {
      fault_at(where, "not a line of a list of targets", std::string{line},
               "write http://host:port, or http://host:port weight=9");
      return;
    }
    auto const url = node_of(line.substr(0, blank), where, node_.key);
    if (names_file(url.text)) {
      fault(url, "a list of targets cannot name another", {});
      return;
    }
    if (rest.empty()) {
      add(url, nullptr);
      return;
    }
    auto const weight_where = where.column + static_cast<int>(rest.data() + weight_prefix.size() - line.data());
    auto const weight =
        node_of(rest.substr(weight_prefix.size()), {where.file, where.line, weight_where}, find_key("map[].target[].weight"));
    add(url, &weight);
  }

  [[nodiscard]] Node node_of(std::string_view text, Location where, Key const* key) const {
    auto node = scalar_node(std::string{text}, std::move(where));
    node.path = node_.path;
    node.key = key;
    return node;
  }

  // ---- all together

  void judge_count() {
    if (node_.children.size() > max_written_targets) {
      auto const& first_over = node_.children[max_written_targets];
      fault_at(first_over.where, too_many(max_written_targets), {},
               "name a file that lists them: file:///etc/ambassador/endpoints");
    }
    if (targets_.size() > max_targets)
      fault_at(targets_[max_targets].where, too_many(max_targets), targets_[max_targets].text, {});
  }

  static std::string too_many(std::size_t most) { return fmt::format("more than {} targets", most); }

  void judge_schemes() {
    auto const known = [](Target const& target) { return !names_file(target.text); };
    auto const first = std::find_if(targets_.begin(), targets_.end(), known);
    for (auto target = first; target != targets_.end(); ++target) {
      if (target->scheme == first->scheme || !known(*target)) continue;
      fault_at(target->where,
               fmt::format("the targets of a source have one scheme, and the first has {}://", name(first->scheme)),
               target->text, {});
    }
  }

  void judge_duplicates() {
    std::map<std::string, Location const*> known;
    for (auto const& target : targets_) {
      auto const [same, added] = known.emplace(identity(target), &target.where);
      if (added) continue;
      fault_at(target.where, fmt::format("the same target is already on {}", place_from(target.where, *same->second)),
               target.text, "a weight gives it more calls");
    }
  }

  void fill_weights() {
    if (std::none_of(targets_.begin(), targets_.end(), [](auto const& target) { return target.weight.has_value(); })) return;
    for (auto& target : targets_) target.weight = target.weight.value_or(1);
    if (std::all_of(targets_.begin(), targets_.end(), [](auto const& target) { return target.weight == 0U; }))
      fault_at(node_.where, "all targets have the weight 0: no call could go anywhere", {}, "give one of them a weight");
  }

  void fault(Node const& node, std::string message, std::string hint) {
    refuse(report_, node, std::move(message), std::move(hint));
    fits_ = false;
  }

  void fault_at(Location const& where, std::string message, std::string offending, std::string hint) {
    report_.error(where, node_.path, std::move(message), std::move(offending), std::move(hint));
    fits_ = false;
  }

  Node const& node_;
  SourceScheme source_;
  MatchKind match_;
  EndpointFiles& files_;
  Report& report_;
  std::vector<Target> targets_;
  bool fits_ = true;
};

}  // namespace

std::optional<std::string> const& EndpointFiles::read(std::string const& path) {
  auto const [entry, added] = texts_.try_emplace(path);
  if (added && inputs_.read_file) entry->second = inputs_.read_file(path);
  return entry->second;
}

std::vector<std::string> EndpointFiles::names() const {
  std::vector<std::string> names;
  for (auto const& [name, text] : texts_) names.push_back(name);
  return names;
}

std::optional<std::vector<Target>> read_targets(Node const& node, SourceScheme source, MatchKind match, EndpointFiles& files,
                                                Report& report) {
  return TargetReader(node, source, match, files, report).read();
}

}  // namespace ambassador::config
