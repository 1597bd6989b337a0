// The decision over a request, with maps of different sizes: it must not depend on how many sources there are.
#include "operation.hpp"
#include "route/decision.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace ambassador::micro {
namespace {

constexpr std::size_t paths_per_host = 10;

std::string host(std::size_t i) { return "service-" + std::to_string(i / paths_per_host) + ".internal"; }
std::string path(std::size_t i) { return "/api/v" + std::to_string(i % paths_per_host); }

config::Mapping mapping(std::size_t i) {
  config::Mapping mapping;
  mapping.source_text = "http://" + host(i) + path(i);
  mapping.source.host = host(i);
  mapping.source.path = path(i);
  mapping.targets.emplace_back();
  mapping.targets.front().text = "http://127.0.0.1:8080";
  mapping.targets.front().authority = {"127.0.0.1", 8080};
  mapping.targets.front().port = 8080;
  mapping.targets.front().host_header = "127.0.0.1:8080";
  return mapping;
}

/// Rules borrow the settings: both stay where they are.
struct Routing {
  explicit Routing(std::size_t sources) {
    for (std::size_t i = 0; i < sources; ++i) settings.map.push_back(mapping(i));
  }

  config::Settings settings;
  std::unique_ptr<route::Rules> rules;
  route::RequestUrl url;
};

/// Asks for something below source `wanted` of so many; one beyond them is blocked.
Loop decide(std::size_t sources, std::size_t wanted) {
  auto routing = std::make_shared<Routing>(sources);
  routing->rules = std::make_unique<route::Rules>(routing->settings);
  routing->url.authority.host = host(wanted);
  routing->url.path = path(wanted) + "/numbers/4711";
  auto const decision = routing->rules->decide(routing->url, "GET", {}, 8080);
  require(decision.verdict == (wanted < sources ? route::Verdict::mapped : route::Verdict::blocked), routing->url.path);
  return repeat([routing] { return routing->rules->decide(routing->url, "GET", {}, 8080).verdict; });
}

}  // namespace

Operations routing() {
  return {
      {"route/1 source", [] { return decide(1, 0); }},
      {"route/100 sources", [] { return decide(100, 55); }},
      {"route/10,000 sources", [] { return decide(10'000, 5'555); }},
      {"route/not in 10,000 sources", [] { return decide(10'000, 10'005); }},
  };
}

}  // namespace ambassador::micro
