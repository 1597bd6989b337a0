#include "config/settings/values.hpp"

#include "base/bytes.hpp"
#include "config/document/nearest.hpp"
#include "config/keys/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace ambassador::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array duration_units{Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"m", 60'000}, Unit{"h", 3'600'000}};
constexpr std::array size_units{Unit{"", 1}, Unit{"KiB", 1024}, Unit{"MiB", 1024 * 1024}};

/// A number and the unit behind it. Nothing where there is no number, or it exceeds 64 bits.
struct Quantity {
  std::uint64_t number = 0;
  std::string_view unit;
};

std::optional<Quantity> split_quantity(std::string_view text) {
  auto const digits = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  auto const number = parse_decimal(text.substr(0, digits));
  if (!number) return std::nullopt;
  return Quantity{*number, text.substr(digits)};
}

template <std::size_t N>
std::optional<std::uint64_t> scaled(Quantity const& quantity, std::array<Unit, N> const& units) {
  auto const unit = std::find_if(units.begin(), units.end(), [&](Unit const& u) { return u.name == quantity.unit; });
  if (unit == units.end() || quantity.number > UINT64_MAX / unit->factor) return std::nullopt;
  return quantity.number * unit->factor;
}

void refuse_form(Node const& node, Report& report, std::string hint = {}) {
  refuse(report, node, "must be " + form_in_words(*node.key), std::move(hint));
}

bool within_bounds(Node const& node, std::uint64_t value, Report& report) {
  if (value >= node.key->least && value <= node.key->most) return true;
  refuse_form(node, report);
  return false;
}

/// What was probably meant where a number has no unit that is known here.
std::string unit_hint(Node const& node, std::optional<Quantity> const& quantity) {
  if (!quantity) return {};
  bool const duration = node.key->form == Form::duration;
  if (quantity->unit.empty())
    return duration ? fmt::format("it needs a unit: {0}s, or {0}ms", quantity->number) : std::string{};
  if (duration) return {};
  switch (to_lower(quantity->unit.front())) {
    case 'k': return fmt::format("write {}KiB", quantity->number);
    case 'm': return fmt::format("write {}MiB", quantity->number);
    default: return {};
  }
}

/// A tool that reads YAML 1.1 writes `off` as `false` and `on` as `true`.
std::string_view word_of(Node const& node) {
  if (node.quoted || (node.text != "true" && node.text != "false")) return node.text;
  std::string_view const word = node.text == "true" ? "on" : "off";
  auto const choices = choices_of(*node.key);
  return std::find(choices.begin(), choices.end(), word) != choices.end() ? word : node.text;
}

/// Digits with at most one point, as a share is written.
std::optional<double> parse_fraction(std::string_view text) {
  bool const plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
  double value = 0;
  auto const end = text.data() + text.size();
  if (!plain || std::from_chars(text.data(), end, value).ptr != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Milliseconds> read_duration(Node const& node, Report& report) {
  auto const quantity = split_quantity(node.text);
  if (quantity && quantity->number == 0) {
    if (node.key->may_be_zero) return Milliseconds{0};
    refuse_form(node, report, "0 would be a wait without an end, or none");
    return std::nullopt;
  }
  auto const value = quantity ? scaled(*quantity, duration_units) : std::nullopt;
  if (!value) {
    refuse_form(node, report, unit_hint(node, quantity));
    return std::nullopt;
  }
  if (!within_bounds(node, *value, report)) return std::nullopt;
  return Milliseconds{*value};
}

std::optional<std::size_t> read_size(Node const& node, Report& report) {
  auto const quantity = split_quantity(node.text);
  auto const value = quantity ? scaled(*quantity, size_units) : std::nullopt;
  if (!value) {
    refuse_form(node, report, unit_hint(node, quantity));
    return std::nullopt;
  }
  if (!within_bounds(node, *value, report)) return std::nullopt;
  return static_cast<std::size_t>(*value);
}

std::optional<std::uint64_t> read_count(Node const& node, Report& report) {
  auto const number = parse_decimal(node.text);
  auto const value = node.quoted ? std::nullopt : number;
  if (!value) {
    refuse_form(node, report, number ? "without quotes" : "");
    return std::nullopt;
  }
  if (!within_bounds(node, *value, report)) return std::nullopt;
  return value;
}

std::optional<std::string> read_text(Node const& node, Report& report) {
  bool const empty = node.text.empty() && node.key->form != Form::text;
  bool const plain = std::none_of(node.text.begin(), node.text.end(), is_control);
  if (plain && !empty) return node.text;
  refuse_form(node, report, plain ? "it is empty" : "it holds a control byte");
  return std::nullopt;
}

std::optional<std::size_t> read_choice(Node const& node, Report& report) {
  auto const choices = choices_of(*node.key);
  auto const found = std::find(choices.begin(), choices.end(), word_of(node));
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  auto const near = nearest(node.text, choices);
  refuse(report, node, "must be " + choices_in_words(*node.key), near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
  return std::nullopt;
}

std::optional<double> read_share(Node const& node, Report& report) {
  if (node.text == "all") return 1.0;
  if (node.text == "errors") return 0.0;
  std::string_view text = node.text;
  bool const percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  auto const value = parse_fraction(text);
  if (!value) {
    refuse_form(node, report);
    return std::nullopt;
  }
  double const share = percent ? *value / 100 : *value;
  if (share <= 1) return share;
  refuse_form(node, report, "1, or 100%, is all");
  return std::nullopt;
}

std::optional<double> read_percent(Node const& node, Report& report) {
  constexpr double all = 100;
  std::string_view text = node.text;
  if (text.ends_with('%')) text.remove_suffix(1);
  auto const value = parse_fraction(text);
  if (value && *value <= all) return *value / all;
  refuse_form(node, report);
  return std::nullopt;
}

std::optional<bool> read_boolean(Node const& node, Report& report) {
  if ((node.text == "true" || node.text == "false") && !node.quoted) return node.text == "true";
  refuse_form(node, report);
  return std::nullopt;
}

bool read_truth(Node const& node, Report& report) {
  if (node.text == "true" && !node.quoted) return true;
  refuse_form(node, report);
  return false;
}

bool is_word(Node const& node, std::string_view word, std::string hint, Report& report) {
  if (node.kind != Node::Kind::scalar) return false;
  if (node.text != word) refuse_form(node, report, std::move(hint));
  return true;
}

void read_duration_of(Node const& section, std::string_view name, Milliseconds& value, Report& report) {
  if (auto const* const node = section.find(name)) value = read_duration(*node, report).value_or(value);
}

void read_percent_of(Node const& section, double& share, Report& report) {
  if (auto const* const node = section.find("percent")) share = read_percent(*node, report).value_or(share);
}

void refuse_half_a_pair(Node const& section, Report& report) {
  auto const* const cert = section.find("cert");
  auto const* const key = section.find("key");
  if ((cert == nullptr) == (key == nullptr)) return;
  bool const lone_cert = cert != nullptr;
  refuse(report, lone_cert ? *cert : *key, lone_cert ? "a cert without its key" : "a key without its cert",
         lone_cert ? "add key: /tls/tls.key" : "add cert: /tls/tls.crt");
}

}  // namespace ambassador::config
