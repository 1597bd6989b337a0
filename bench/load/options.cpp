#include "load/options.hpp"

#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

#include <getopt.h>

namespace ambassador::bench {

namespace {

constexpr auto help =
    "ambassador-load --port PORT --request FILE [options]     calls a server on 127.0.0.1, and prints JSON\n"
    "  --request FILE    the bytes of one request: its head and its body, as they are sent each time\n"
    "  --connections N   at a time (1)\n"
    "  --seconds S       how long (1)\n"
    "  --status N        the expected status (200)\n"
    "  --length N        the expected length of each answer's body (any)\n"
    "  --tunnel H:P      each connection begins with CONNECT H:P, and all else goes through that tunnel\n"
    "  --tls FILE        in TLS: the server must have a certificate for localhost that the CA of FILE has signed\n"
    "one of, or else each connection asks again as soon as it was answered:\n"
    "  --rate R          R calls a second in all; latency counts from when a call was due\n"
    "  --fresh           a connection for each call; latency counts from the connect\n"
    "  --hold            one call on each connection; then it says `held N`, and ends when standard input does\n";

enum Name : int { port = 1, request, connections, seconds, status, length, tunnel, tls, rate, fresh, hold_open, show_help };

template <typename Number>
Number number(std::string_view name, std::string_view text, Number least) {
  Number value{};
  auto const [stopped, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || stopped != text.data() + text.size() || value < least) {
    throw std::runtime_error{"--" + std::string{name} + " does not take " + std::string{text}};
  }
  return value;
}

std::string content(std::string const& path) {
  std::ifstream file{path, std::ios::binary};
  std::string bytes{std::istreambuf_iterator<char>{file}, {}};
  if (bytes.empty()) throw std::runtime_error{"there is no request in " + path};
  return bytes;
}

std::string connect_head(std::string const& authority) {
  return "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n";
}

void apply(int name, char const* value, Options& options) {
  switch (name) {
    case port: options.entrance.port = number<std::uint16_t>("port", value, 1); break;
    case request: options.request = content(value); break;
    case connections: options.connections = number<std::size_t>("connections", value, 1); break;
    case seconds:
      options.time = std::chrono::duration_cast<std::chrono::nanoseconds>(
          std::chrono::duration<double>{number<double>("seconds", value, 0.001)});
      break;
    case status: options.status = number<std::uint16_t>("status", value, 100); break;
    case length: options.length = number<std::uint64_t>("length", value, 0); break;
    case tunnel: options.entrance.tunnel = connect_head(value); break;
    case tls: options.entrance.tls = Tls::client(value, "localhost"); break;
    case rate:
      options.mode = Mode::rate;
      options.rate = number<double>("rate", value, 0.001);
      break;
    case fresh: options.mode = Mode::fresh; break;
    case hold_open: options.mode = Mode::hold; break;
    default: throw std::runtime_error{"see ambassador-load --help"};
  }
}

}  // namespace

std::optional<Options> read_options(int count, char** words) {
  static option const known[] = {{"port", required_argument, nullptr, port},
                                 {"request", required_argument, nullptr, request},
                                 {"connections", required_argument, nullptr, connections},
                                 {"seconds", required_argument, nullptr, seconds},
                                 {"status", required_argument, nullptr, status},
                                 {"length", required_argument, nullptr, length},
                                 {"tunnel", required_argument, nullptr, tunnel},
                                 {"tls", required_argument, nullptr, tls},
                                 {"rate", required_argument, nullptr, rate},
                                 {"fresh", no_argument, nullptr, fresh},
                                 {"hold", no_argument, nullptr, hold_open},
                                 {"help", no_argument, nullptr, show_help},
                                 {}};
  Options options;
  for (int name = 0; (name = ::getopt_long(count, words, "", known, nullptr)) != -1;) {
    if (name == show_help) {
      std::fputs(help, stdout);
      return std::nullopt;
    }
    apply(name, optarg, options);
  }
  if (optind != count || options.entrance.port == 0 || options.request.empty()) {
    throw std::runtime_error{"--port and --request are needed; see ambassador-load --help"};
  }
  return options;
}

}  // namespace ambassador::bench
