// Reading the configuration again: all of it is made ready first, and only then it comes into force, on every worker at
// once as far as its own calls are concerned. What is wrong with it changes nothing.
#include "app/app.hpp"
#include "app/startup.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace ambassador::app {
namespace {

/// How many of these are not among those.
std::size_t count_new(std::vector<std::string> these, std::vector<std::string> those) {
  std::sort(these.begin(), these.end());
  std::sort(those.begin(), those.end());
  std::vector<std::string> extra;
  std::set_difference(these.begin(), these.end(), those.begin(), those.end(), std::back_inserter(extra));
  return extra.size();
}

struct Texts {
  std::vector<std::string> sources;
  std::vector<std::string> allowed;

  explicit Texts(config::Settings const& settings) {
    for (auto const& mapping : settings.map) sources.push_back(mapping.source_text);
    for (auto const& rule : settings.allow) allowed.push_back(rule.text);
  }
};

/// What changed, in numbers.
std::string describe(config::Settings const& next, config::Settings const& before, std::size_t listeners_added,
                     std::size_t listeners_removed) {
  Texts const now{next};
  Texts const then{before};
  return fmt::format("{}: {} sources (+{} -{}), {} allow entries (+{} -{}), listeners +{} -{}", next.origin, now.sources.size(),
                     count_new(now.sources, then.sources), count_new(then.sources, now.sources), now.allowed.size(),
                     count_new(now.allowed, then.allowed), count_new(then.allowed, now.allowed), listeners_added,
                     listeners_removed);
}

void append_errors(std::vector<std::string>& texts, std::vector<config::Diagnostic> const& diagnostics) {
  for (auto const& diagnostic : diagnostics) {
    if (diagnostic.severity == config::Severity::error) texts.push_back(config::to_string(diagnostic));
  }
}

bool is_same_address(std::optional<config::ListenAddress> const& a, std::optional<config::ListenAddress> const& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->host == b->host && a->port == b->port;
}

}  // namespace

void App::watch_configuration(std::vector<std::string> files) {
  file_watch_.forget(configuration_watch_);
  watched_files_ = std::move(files);
  if (options_.configuration && !watched_files_.empty()) {
    configuration_watch_ = file_watch_.watch(watched_files_, [this] { reload(); });
  }
}

void App::reload() {
  if (draining_since_) return reloads_.warn("the configuration is not read again: the end has begun");
  if (!options_.configuration || watched_files_.empty()) {
    return reloads_.skipped("there is no configuration file to read again: flags and environment are those of the start");
  }
  tell_manager(machine::ServiceState::reloading);
  read_again();
  tell_manager(machine::ServiceState::ready);
}

void App::read_again() {
  watch_configuration(watched_files_);  // what is written from here on is another change
  auto const read = read_configuration(*options_.configuration);
  auto const faults = try_reload(read);
  if (!faults.empty()) {
    reloads_.failed(live_->settings().origin, faults);
    // What was missing may still come.
    auto files = live_->snapshot().files;
    files.insert(files.end(), read.files.begin(), read.files.end());
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    if (files != watched_files_) watch_configuration(std::move(files));
  } else if (live_->snapshot().files != watched_files_) {
    watch_configuration(live_->snapshot().files);
  }
}

/// What is wrong; where nothing is, it is in force.
std::vector<std::string> App::try_reload(ReadConfiguration const& read) {
  std::vector<std::string> faults;
  for (auto const& diagnostic : read.diagnostics) {
    if (diagnostic.severity == config::Severity::warning) reloads_.warn(config::to_string(diagnostic));
  }
  append_errors(faults, read.diagnostics);
  if (!read.snapshot) return faults;
  append_errors(faults, unmet_expectations(*read.snapshot));
  auto next = std::make_shared<LiveSnapshot>(read.snapshot, egresses_, live_.get());
  append_errors(faults, next->files().load());
  if (!faults.empty()) return faults;
  auto change = listeners_.open(read.snapshot->settings.listen);
  if (!change) return {change.error().message};
  warn_of_what_stays(read.snapshot->settings);
  bring_into_force(std::move(next), std::move(*change));
  return {};
}

void App::warn_of_what_stays(config::Settings const& next) {
  auto const warn = [&](std::string_view key) {
    reloads_.warn(fmt::format("{}: {} has changed, which takes effect at the next start", next.origin, key));
  };
  if (next.workers != workers_at_start_) warn("workers");
  if (!is_same_address(next.admin, admin_at_start_)) warn("admin");
}

/// What a snapshot knows only when its listeners are open. From here on it is unchanging.
void App::complete(LiveSnapshot& next, LiveSnapshot const* previous) {
  Texts const texts{next.settings()};
  next.series = metrics_.count_by(texts.sources, texts.allowed);
  if (admin_address_) next.own_addresses.push_back(*admin_address_);
  for (auto const& open : listeners_.addresses()) {
    next.own_addresses.push_back(open.endpoint);
    auto text = net::to_text(open.endpoint);
    session::ListenerInfo info{.number = open.number,
                               .index = metrics_.listener(text),
                               .text = std::move(text),
                               .port = open.endpoint.port(),
                               .protocol = open.address.protocol,
                               .mapping = static_cast<std::uint32_t>(open.address.mapping),
                               .proxy_protocol = open.address.proxy_protocol,
                               .tls = open.address.tls ? &next.files().server(*open.address.tls) : nullptr};
    auto const before = previous != nullptr ? find_listener(*previous, open.number) : nullptr;
    bool const same = before != nullptr && *before == info;
    next.listeners.push_back(same ? before : std::make_shared<session::ListenerInfo const>(std::move(info)));
  }
}

void App::bring_into_force(std::shared_ptr<LiveSnapshot> next, ListenerChange change) {
  auto const gone = listeners_.take(change);
  complete(*next, live_.get());
  auto const before = std::exchange(live_, std::move(next));
  for (std::size_t index = 0; index < workers_.size(); ++index) workers_[index]->adopt(live_, change.take_sockets(index));
  live_->files().watch(file_watch_, file_news_);
  admin_->use(live_->snapshot());
  for (auto const number : change.added) say_listening(*find_listener(*live_, number));
  for (auto const& open : gone) events_->info("no longer listening on {}", net::to_text(open.endpoint));
  reloads_.succeeded(describe(live_->settings(), before->settings(), change.added.size(), gone.size()));
}

}  // namespace ambassador::app
