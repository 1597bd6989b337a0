#include "load/tally.hpp"

#include <cstdio>

namespace ambassador::bench {

namespace {

void append(std::string& text, char const* name, std::uint64_t value) {
  text += '"';
  text += name;
  text += "\": " + std::to_string(value) + ", ";
}

void append(std::string& text, char const* name, double value) {
  std::array<char, 64> digits{};
  std::snprintf(digits.data(), digits.size(), "%.6g", value);
  text += '"';
  text += name;
  text += "\": ";
  text += digits.data();
  text += ", ";
}

void append(std::string& text, char const* name, std::chrono::nanoseconds value) {
  append(text, name, std::chrono::duration<double, std::micro>{value}.count());
}

void end_object(std::string& text) { text.replace(text.size() - 2, 2, "}"); }

}  // namespace

std::string to_json(Tally const& tally) {
  auto const seconds = std::chrono::duration<double>{tally.elapsed}.count();
  std::string text{"{"};
  append(text, "calls", tally.calls);
  append(text, "seconds", seconds);
  append(text, "rate", seconds > 0 ? static_cast<double>(tally.in_time) / seconds : 0.0);
  append(text, "bytes", tally.bytes);
  append(text, "reconnects", tally.reconnects);
  append(text, "unsent", tally.unsent);
  text += "\"failures\": {";
  for (std::size_t kind = 0; kind < failure_names.size(); ++kind) {
    append(text, failure_names[kind].data(), tally.failures[kind]);
  }
  end_object(text);
  text += ", \"latency\": {";
  append(text, "p50", tally.latencies.percentile(0.5));
  append(text, "p90", tally.latencies.percentile(0.9));
  append(text, "p99", tally.latencies.percentile(0.99));
  append(text, "p999", tally.latencies.percentile(0.999));
  append(text, "max", tally.latencies.max());
  end_object(text);
  return text + "}";
}

}  // namespace ambassador::bench
