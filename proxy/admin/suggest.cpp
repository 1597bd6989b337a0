#include "admin/suggest.hpp"

#include "admin/logged_url.hpp"
#include "route/suggestion.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace ambassador::admin {

std::string suggest_seen(route::Snapshot const& snapshot, observe::Metrics const& metrics, route::SeenCalls const& seen) {
  route::Usage const usage{snapshot.settings, metrics.mapping_uses(), metrics.allow_uses()};
  return route::suggest(seen, &usage);
}

LogSuggestion::LogSuggestion(route::Snapshot const* snapshot) : snapshot_{snapshot} {
  if (snapshot == nullptr) return;
  map_uses_.resize(snapshot->settings.map.size());
  allow_uses_.resize(snapshot->settings.allow.size());
  // A log has no headers: whether such a source was used cannot be told, so it is not called unused.
  auto const& map = snapshot->settings.map;
  for (std::size_t i = 0; i < map.size(); ++i) map_uses_[i] = map[i].when.headers.empty() ? 0 : 1;
}

void LogSuggestion::read(std::istream& log) {
  std::vector<char> line(max_line);
  while (log.getline(line.data(), static_cast<std::streamsize>(line.size())) || (!log.eof() && !log.bad())) {
    if (log.fail()) {
      ++not_ours_;
      log.clear();
      log.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    } else {
      take(line.data());
    }
  }
}

void LogSuggestion::take(std::string_view line) {
  if (line.empty()) return;
  auto const call = observe::read_log_line(line);
  if (call && call->outcome == observe::LoggedOutcome::aside) return;
  route::RequestUrl url;
  if (!call || !read_logged_url(*call, url)) {
    ++not_ours_;
    return;
  }
  auto const port = listener_port_of(*call, url, snapshot_);
  if (is_covered(*call, url, port) || call->outcome != observe::LoggedOutcome::uncovered) return;
  seen_.saw(route::seen_destination(url, port), call->time);
}

bool LogSuggestion::is_covered(observe::LoggedCall const& call, route::RequestUrl const& url, std::uint16_t listener_port) {
  if (snapshot_ == nullptr) return false;
  // A connection to a source with a listener of its own is logged under that, as it is written.
  auto const& map = snapshot_->settings.map;
  auto const source = std::find_if(map.begin(), map.end(), [&](config::Mapping const& mapping) {
    return config::has_own_listener(mapping.source.scheme) && mapping.source_text == call.source;
  });
  if (source != map.end()) {
    ++map_uses_[static_cast<std::size_t>(source - map.begin())];
    return true;
  }
  auto const decision = snapshot_->rules.decide(url, call.method, {}, listener_port);
  if (decision.verdict == route::Verdict::mapped) {
    ++map_uses_[decision.match.index];
    return true;
  }
  if (decision.allow == nullptr) return false;
  ++allow_uses_[static_cast<std::size_t>(decision.allow - snapshot_->settings.allow.data())];
  return true;
}

std::string LogSuggestion::text() const {
  std::vector<std::string> notes;
  if (not_ours_ == 1) notes.emplace_back("1 line was left out: it is not of an access log.");
  if (not_ours_ > 1) notes.push_back(fmt::format("{} lines were left out: they are not of an access log.", not_ours_));
  route::SeenCalls seen;
  seen_.add_to(seen);
  bool const whole = snapshot_ != nullptr && snapshot_->settings.log.share >= 1;
  if (snapshot_ != nullptr && !whole)
    notes.emplace_back("What was never used cannot be told: log.calls leaves calls out of the log.");
  if (!whole) return route::suggest(seen, nullptr, notes);
  route::Usage const usage{snapshot_->settings, map_uses_, allow_uses_};
  return route::suggest(seen, &usage, notes);
}

}  // namespace ambassador::admin
