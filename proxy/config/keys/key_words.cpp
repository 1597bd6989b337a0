#include "config/keys/keys.hpp"

#include "config/units.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {

std::string environment_name(Key const& key) {
  bool const inside_list = key.path.find("[]") != std::string_view::npos;
  if (inside_list || key.form == Form::section || key.form == Form::sections) return {};
  std::string name = "AMBASSADOR_";
  for (char const c : key.path) name.push_back(c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c));
  return name;
}

std::vector<std::string> choices_of(Key const& key) {
  std::vector<std::string> choices;
  for (auto rest = key.choices; !rest.empty();) {
    auto const bar = std::min(rest.find('|'), rest.size());
    choices.emplace_back(rest.substr(0, bar));
    rest.remove_prefix(std::min(rest.size(), bar + 1));
  }
  return choices;
}

std::string choices_in_words(Key const& key) {
  std::string words;
  auto const choices = choices_of(key);
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i != 0) words += i + 1 == choices.size() ? " or " : ", ";
    words += choices[i];
  }
  return words;
}

std::string form_in_words(Key const& key) {
  switch (key.form) {
    case Form::section: return "keys of its own";
    case Form::sections: return "a list of entries with keys of their own";
    case Form::timeouts: return "a duration such as 2s, or keys of its own";
    case Form::listeners: return "an address such as 127.0.0.1:1080, keys of its own, or a list of these";
    case Form::address: return "an address such as 0.0.0.0:8443";
    case Form::admin: return "an address such as 127.0.0.1:9901, or off";
    case Form::choice: return choices_in_words(key);
    case Form::duration:
      return fmt::format("a duration from {} to {}, such as 500ms, 2s, 5m or 1h{}", duration_text(Milliseconds{key.least}),
                         duration_text(Milliseconds{key.most}), key.may_be_zero ? "; or 0 for never" : "");
    case Form::size: return fmt::format("a size from {} to {}, such as 64KiB", size_text(key.least), size_text(key.most));
    case Form::count: return fmt::format("a number from {} to {}", key.least, key.most);
    case Form::workers: return fmt::format("auto, or a number from {} to {}", key.least, key.most);
    case Form::share: return "all, errors, or a share such as 0.1 or 10%";
    case Form::source: return "a URI such as http://localhost/api or tcp://localhost:9092";
    case Form::target: return "a URI such as http://numbers-api/rng or tls://kafka:9093";
    case Form::targets: return "a URI such as http://numbers-api/rng or tls://kafka:9093, or a list of targets";
    case Form::copies_to: return "a URI such as http://shadow or https://shadow/v2";
    case Form::hash: return "client, or keys of its own: header or cookie";
    case Form::health: return "tcp, or keys of its own";
    case Form::url_path: return "a path such as /healthz";
    case Form::causes: return fmt::format("a list of {}", choices_in_words(key));
    case Form::percent: return "a number from 0 to 100 such as 10, 0.5 or 10%";
    case Form::methods: return "a list of methods such as [GET, HEAD]";
    case Form::headers: return "fields and their values such as {X-Env: canary}";
    case Form::field: return "the name of a field such as Authorization";
    case Form::field_names: return "a list of fields such as [X-Debug, Server]";
    case Form::cookie: return "the name of a cookie such as sid";
    case Form::allow: return "a list of host:port, or of entries with keys of their own";
    case Form::destination: return "host:port";
    case Form::networks: return "a list of networks such as [10.0.0.0/8], or the words private and loopback";
    case Form::proxy: return "a URL such as http://proxy.corp:3128, or keys of its own";
    case Form::proxy_or_off: return "a URL such as http://proxy.corp:3128, keys of its own, or off";
    case Form::proxy_url: return "a URL such as http://proxy.corp:3128";
    case Form::file: return "the name of a file";
    case Form::host: return "a host such as api.example.com";
    case Form::text: return "a text";
    case Form::port: return fmt::format("a port from {} to {}", key.least, key.most);
    case Form::request: return "a method and a URL such as GET http://localhost/api, or CONNECT api.example.com:443";
    case Form::url: return "a URL such as http://numbers-api/rng, or host:port of a CONNECT";
    case Form::truth: return "true";
    case Form::boolean: return "true or false";
  }
  return {};
}

}  // namespace ambassador::config
