#include "app/logged_call.hpp"

#include "base/bytes.hpp"
#include "base/uri.hpp"

#include <boost/json/parse.hpp>

#include <chrono>

namespace ambassador::app {
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

/// From what follows the source in a text line.
std::optional<LoggedOutcome> read_outcome(std::string_view word) noexcept {
  if (word == "[BLOCKED]" || word == "[REPORTED]") return LoggedOutcome::uncovered;
  if (word == "[REFUSED]" || word == "[LOCAL]") return LoggedOutcome::aside;
  if (word == "->" || is_status(word)) return LoggedOutcome::passed;
  return std::nullopt;
}

std::optional<LoggedCall> read_text(std::string_view line) {
  auto const time = read_time(take_word(line));
  if (!time) return std::nullopt;
  LoggedCall call;
  call.time = *time;
  call.method = unescape(take_word(line));
  call.source = unescape(take_word(line));
  auto const outcome = read_outcome(take_word(line));
  if (!outcome) return std::nullopt;
  call.outcome = *outcome;
  return call;
}

std::string_view text_at(boost::json::object const& object, std::string_view key) noexcept {
  auto const* value = object.if_contains({key.data(), key.size()});
  return value != nullptr && value->is_string() ? std::string_view{value->as_string()} : std::string_view{};
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
  if (decision == "blocked" || decision == "reported") call.outcome = LoggedOutcome::uncovered;
  if (decision == "mapped" || decision == "allowed") call.outcome = LoggedOutcome::passed;
  return call;
}

}  // namespace

std::optional<LoggedCall> read_log_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line.starts_with('{') ? read_json(line) : read_text(line);
}

}  // namespace ambassador::app
