#include "observe/logged_call.hpp"

#include "base/bytes.hpp"
#include "base/uri.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <chrono>

namespace ambassador::observe {
namespace {

constexpr std::string_view time_form = "0000-00-00T00:00:00.000Z";

/// The number in `text[at, at + size)`; the form was checked.
unsigned digits(std::string_view text, std::size_t at, std::size_t size) noexcept {
  unsigned value = 0;
  for (char const c : text.substr(at, size)) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

std::optional<SystemTime> read_time(std::string_view text) noexcept {
  if (text.size() != time_form.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (time_form[i] == '0' ? !is_digit(text[i]) : text[i] != time_form[i]) return std::nullopt;
  }
  std::chrono::year_month_day const date{std::chrono::year{static_cast<int>(digits(text, 0, 4))},
                                         std::chrono::month{digits(text, 5, 2)}, std::chrono::day{digits(text, 8, 2)}};
  if (!date.ok()) return std::nullopt;
  return SystemTime{std::chrono::sys_days{date}} + std::chrono::hours{digits(text, 11, 2)} +
         std::chrono::minutes{digits(text, 14, 2)} + std::chrono::seconds{digits(text, 17, 2)} +
         std::chrono::milliseconds{digits(text, 20, 3)};
}

/// `\xNN` as the byte it stands for: a text line has no other backslash.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool const escaped =
        text.substr(i, 2) == "\\x" && i + 3 < text.size() && hex_value(text[i + 2]) >= 0 && hex_value(text[i + 3]) >= 0;
    if (!escaped) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(hex_value(text[i + 2]) * 16 + hex_value(text[i + 3]));
    i += 3;
  }
  return out;
}

/// Up to the next blank; `line` is left behind it.
std::string_view take_word(std::string_view& line) noexcept {
  auto const blank = std::min(line.find(' '), line.size());
  auto const word = line.substr(0, blank);
  line.remove_prefix(std::min(blank + 1, line.size()));
  return word;
}

bool is_status(std::string_view word) noexcept { return word == "-" || (word.size() == 3 && parse_decimal(word)); }

LoggedOutcome outcome_of(std::string_view decision) noexcept {
  if (decision == "blocked" || decision == "reported") return LoggedOutcome::uncovered;
  if (decision == "mapped" || decision == "allowed") return LoggedOutcome::passed;
  return LoggedOutcome::aside;
}

/// From what follows the source in a text line; empty where it is no line of ours.
std::string_view read_decision(std::string_view word) noexcept {
  if (word == "[BLOCKED]") return "blocked";
  if (word == "[REPORTED]") return "reported";
  if (word == "[REFUSED]") return "refused";
  if (word == "[LOCAL]") return "local";
  if (word == "->") return "mapped";
  return is_status(word) ? "allowed" : "";
}

/// `KEY=NUMBER`, or nothing that belongs here.
bool read_number(std::string_view word, std::string_view key, std::uint64_t& value) noexcept {
  if (!word.starts_with(key)) return false;
  auto const number = parse_decimal(word.substr(key.size()));
  if (number) value = *number;
  return number.has_value();
}

/// One word of the part between the status and the reason.
bool read_effort(std::string_view word, LoggedCall& call) {
  constexpr std::string_view upstream = "upstream=";
  if (word.starts_with(upstream)) {
    word.remove_prefix(upstream.size());
    if (word != "-") call.upstream = unescape(word);
    return true;
  }
  if (word.ends_with("ms")) {
    auto const duration = parse_decimal(word.substr(0, word.size() - 2));
    if (duration) call.duration_ms = static_cast<double>(*duration);
    return duration.has_value();
  }
  return read_number(word, "in=", call.bytes_in) || read_number(word, "out=", call.bytes_out) ||
         read_number(word, "tries=", call.tries) || word.starts_with("sni=") || word.starts_with("end=");
}

/// Takes ` KEY=VALUE` from the end of what is left of a line, where there is one.
std::string take_id(std::string_view& rest, std::string_view key) {
  auto const at = rest.rfind(key);
  if (at == std::string_view::npos || (at != 0 && rest[at - 1] != ' ')) return {};
  auto const value = rest.substr(at + key.size());
  if (value.find(' ') != std::string_view::npos) return {};
  rest = rest.substr(0, at == 0 ? 0 : at - 1);
  return unescape(value);
}

/// What follows the status: effort, reason, ids.
void read_rest(std::string_view rest, LoggedCall& call) {
  while (!rest.empty()) {
    auto ahead = rest;
    if (!read_effort(take_word(ahead), call)) break;
    rest = ahead;
  }
  call.request_id = take_id(rest, "request=");
  call.trace_id = take_id(rest, "trace=");
  call.reason = unescape(rest);
}

std::optional<LoggedCall> read_text(std::string_view line) {
  auto const time = read_time(take_word(line));
  if (!time) return std::nullopt;
  LoggedCall call;
  call.time = *time;
  call.method = unescape(take_word(line));
  call.source = unescape(take_word(line));
  auto word = take_word(line);
  call.decision = read_decision(word);
  if (call.decision.empty()) return std::nullopt;
  call.outcome = outcome_of(call.decision);
  if (word == "->") call.target = unescape(take_word(line));
  if (!is_status(word)) word = take_word(line);
  call.status = static_cast<unsigned>(parse_decimal(word).value_or(0));
  read_rest(line, call);
  return call;
}

std::string_view text_at(boost::json::object const& object, std::string_view key) noexcept {
  auto const* value = object.if_contains({key.data(), key.size()});
  return value != nullptr && value->is_string() ? std::string_view{value->as_string()} : std::string_view{};
}

double number_at(boost::json::object const& object, std::string_view key) noexcept {
  auto const* value = object.if_contains({key.data(), key.size()});
  constexpr double most = 1e15;  // a whole number to a double, and to others
  boost::system::error_code none;
  auto const number = value != nullptr && value->is_number() ? value->to_number<double>(none) : 0;
  return none || number < 0 ? 0 : std::min(number, most);
}

std::optional<LoggedCall> read_json(std::string_view line) {
  boost::system::error_code failed;
  auto const value = boost::json::parse({line.data(), line.size()}, failed);
  if (failed || !value.is_object()) return std::nullopt;
  auto const& object = value.as_object();
  auto const time = read_time(text_at(object, "time"));
  auto const decision = text_at(object, "decision");
  if (!time || decision.empty()) return std::nullopt;
  LoggedCall call;
  call.time = *time;
  call.method = text_at(object, "method");
  call.source = text_at(object, "source");
  Authority listener;
  if (parse_authority(text_at(object, "listener"), listener) == UriFault::none) call.listener_port = listener.port;
  call.decision = decision;
  call.outcome = outcome_of(decision);
  call.target = text_at(object, "target");
  call.status = static_cast<unsigned>(std::min(number_at(object, "status"), 999.0));
  call.duration_ms = number_at(object, "duration_ms");
  call.bytes_in = static_cast<std::uint64_t>(number_at(object, "bytes_in"));
  call.bytes_out = static_cast<std::uint64_t>(number_at(object, "bytes_out"));
  call.upstream = text_at(object, "upstream");
  call.tries = static_cast<std::uint64_t>(number_at(object, "tries"));
  call.reason = text_at(object, "reason");
  call.trace_id = text_at(object, "trace_id");
  call.request_id = text_at(object, "request_id");
  return call;
}

}  // namespace

std::optional<LoggedCall> read_log_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line.starts_with('{') ? read_json(line) : read_text(line);
}

}  // namespace ambassador::observe
