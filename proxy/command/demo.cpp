// The numbers scenario on loopback, in one process: a random-number API, a web app that knows nothing but
// http://localhost/api and its http_proxy, and the ambassador between them.
#include "admin/small_server.hpp"
#include "app/app.hpp"
#include "command/commands.hpp"
#include "command/say.hpp"
#include "command/small_client.hpp"
#include "config/load.hpp"

#include <random>
#include <thread>

#include <fmt/format.h>

namespace ambassador::command {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr std::uint16_t proxy_port = 1080;
constexpr std::uint16_t admin_port = 9901;
constexpr std::uint16_t web_port = 8080;
constexpr char api_path[] = "/sixeyed/kiamol/master/ch03/numbers/rng";
constexpr char mapped_url[] = "http://localhost/api";
constexpr char unmapped_url[] = "http://timecheck:8080/";

/// A listening socket on loopback: the usual port, or another where that one is busy, and then it says so.
int open_on_loopback(std::uint16_t usual, std::string_view what) {
  auto opened = net::open_listening_socket({asio::ip::address_v4::loopback(), usual}, false);
  if (!opened && usual != 0) {
    fmt::print("port {} is busy: the {} takes another\n", usual, what);
    opened = net::open_listening_socket({asio::ip::address_v4::loopback(), 0}, false);
  }
  return opened.value();
}

/// `127.0.0.1:port`: the usual port where it is free, else port 0.
std::string free_address(std::uint16_t usual, std::string_view what) {
  int const descriptor = open_on_loopback(usual, what);
  auto address = net::to_text(net::bound_address(descriptor));
  ::close(descriptor);
  return address;
}

/// The two apps, on a thread of their own.
class DemoApps {
 public:
  DemoApps()
      : api_descriptor_{open_on_loopback(0, "API")},
        web_descriptor_{open_on_loopback(web_port, "web app")},
        api_address_{net::bound_address(api_descriptor_)},
        web_address_{net::bound_address(web_descriptor_)} {}

  ~DemoApps() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  void start(tcp::endpoint proxy) {
    api_.emplace(
        context_, api_descriptor_, [this](admin::SmallRequest const& request, tcp::endpoint) { return answer_number(request); },
        events_);
    web_.emplace(
        context_, web_descriptor_,
        [proxy](admin::SmallRequest const& request, tcp::endpoint) { return answer_page(request, proxy); }, events_);
    thread_ = std::thread{[this] {
      // The web app waits for the API: so there are two.
      std::thread second{[this] { context_.run(); }};
      context_.run();
      second.join();
    }};
  }

  [[nodiscard]] tcp::endpoint api_address() const { return api_address_; }
  [[nodiscard]] tcp::endpoint web_address() const { return web_address_; }

 private:
  admin::SmallResponse answer_number(admin::SmallRequest const& request) {
    if (request.target() != api_path) return admin::text_response(http::status::not_found, "no such thing\n");
    thread_local std::minstd_rand random{std::random_device{}()};
    return admin::text_response(http::status::ok, std::to_string(random() % 100) + "\n");
  }

  static admin::SmallResponse answer_page(admin::SmallRequest const& request, tcp::endpoint proxy) {
    if (request.target() != "/") return admin::text_response(http::status::not_found, "no such page\n");
    std::string number;
    try {
      auto const response = ask({proxy}, {.target = mapped_url, .host = "localhost"});
      number = response.result() == http::status::ok ? response.body() : fmt::format("no number: {}", response.result_int());
    } catch (boost::system::system_error const& failed) {
      number = failed.what();
    }
    return admin::text_response(http::status::ok, "<!doctype html><title>Numbers</title><h1>Your number: " + number + "</h1>\n",
                                "text/html; charset=utf-8");
  }

  asio::io_context context_;
  int api_descriptor_;
  int web_descriptor_;
  tcp::endpoint api_address_;
  tcp::endpoint web_address_;
  std::shared_ptr<observe::EventLog> events_ = observe::make_event_log();
  std::optional<admin::SmallServer> api_;
  std::optional<admin::SmallServer> web_;
  std::thread thread_;
};

std::shared_ptr<route::Snapshot const> demo_snapshot(tcp::endpoint api) {
  auto const map = fmt::format("{} => http://{}{}", mapped_url, net::to_text(api), api_path);
  auto loaded = config::load({.file = {},
                              .environment = {},
                              .flags = {{"listen", free_address(proxy_port, "ambassador")},
                                        {"admin", free_address(admin_port, "admin port")},
                                        {"map", map}},
                              .read_file = [](std::string const&) { return std::nullopt; }});
  for (auto const& diagnostic : loaded.diagnostics) fmt::print(stderr, "{}\n", config::to_string(diagnostic));
  return loaded.settings ? std::make_shared<route::Snapshot const>(std::move(*loaded.settings)) : nullptr;
}

void print_what_to_try(std::string const& proxy, std::string const& web, std::string const& admin) {
  fmt::print("\nTry:\n");
  fmt::print("  curl http://{}/                                   the web app, which calls the API\n", web);
  fmt::print("  http_proxy=http://{} curl {}     a mapped call\n", proxy, mapped_url);
  fmt::print("  http_proxy=http://{} curl {}   a blocked call\n", proxy, unmapped_url);
  fmt::print("  curl http://{}/metrics                            the counters\n", admin);
  fmt::print("  http://{}/                                        the status page, in a browser\n", admin);
  fmt::print("Ctrl-C ends the demo.\n");
}

/// Makes the two calls; says on stderr what came, where it is not what should come.
bool make_both_calls(tcp::endpoint proxy) {
  try {
    auto const mapped = ask({proxy}, {.target = mapped_url, .host = "localhost"});
    auto const blocked = ask({proxy}, {.target = unmapped_url, .host = "timecheck:8080"});
    if (mapped.result_int() == 200 && blocked.result_int() == 403) return true;
    fmt::print(stderr, "the mapped call got {}, the blocked one {}\n", mapped.result_int(), blocked.result_int());
  } catch (boost::system::system_error const& failed) {
    fmt::print(stderr, "the demo's calls failed: {}\n", failed.what());
  }
  return false;
}

}  // namespace

Exit demo(bool once) {
  DemoApps apps;
  auto const snapshot = demo_snapshot(apps.api_address());
  if (!snapshot) return Exit::failed;
  app::App app{
      snapshot, {.share_port = false, .name_server = {}, .version = version(), .workers = 1}, observe::make_event_log()};
  if (auto const failed = app.open()) {
    say(failed->message);
    return Exit::failed;
  }
  auto const& listener = *app.listeners().front();
  tcp::endpoint const proxy{asio::ip::address_v4::loopback(), listener.port};
  apps.start(proxy);
  fmt::print("\nThe app knows only http_proxy=http://{} and {}\n", listener.text, mapped_url);
  if (!once) {
    print_what_to_try(listener.text, net::to_text(apps.web_address()),
                      net::to_text({asio::ip::address_v4::loopback(), snapshot->settings.admin->port}));
  }
  fmt::print("\nThe demo makes a mapped and a blocked call. This is the log:\n\n");
  std::fflush(stdout);
  bool well = false;
  std::thread caller{[&] {
    well = make_both_calls(proxy);
    if (once) app.request_stop();
  }};
  app.run();
  caller.join();
  return well ? Exit::ok : Exit::failed;
}

}  // namespace ambassador::command
