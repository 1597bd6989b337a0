#include "admin/server.hpp"

#include "admin/page.hpp"
#include "support/snapshot.hpp"

#include <spdlog/sinks/null_sink.h>

namespace ambassador::admin::server_test {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

class AdminTest : public testing::Test {
 protected:
  [[nodiscard]] SmallResponse get(std::string const& target, std::string const& host = "localhost:9901",
                                  std::string const& peer = "127.0.0.1") const {
    SmallRequest request{http::verb::get, target, 11};
    request.set(http::field::host, host);
    return admin.answer(request, {asio::ip::make_address(peer), 40000});
  }

  [[nodiscard]] SmallResponse post(std::string const& target, std::string const& host = "localhost:9901",
                                   std::string const& peer = "127.0.0.1", std::string const& origin = {}) const {
    SmallRequest request{http::verb::post, target, 11};
    request.set(http::field::host, host);
    if (!origin.empty()) request.set(http::field::origin, origin);
    return admin.answer(request, {asio::ip::make_address(peer), 40000});
  }

  std::unique_ptr<route::Snapshot> const snapshot =
      support::snapshot_of("map: [{source: http://localhost/api, target: http://numbers-api/rng}]");
  observe::Metrics metrics{{"http://localhost/api"}, {"127.0.0.1:1080"}, 1, "1.2.3"};
  upstream::EndpointStates endpoints;
  std::shared_ptr<observe::EventLog> const events = observe::make_event_log(std::make_shared<spdlog::sinks::null_sink_mt>());
  ReloadReport reloads{*events, metrics.registry()};
  asio::io_context context;
  net::Resolver const resolver{context, {}};
  observe::RecentLines lines;
  Server admin{*snapshot, {metrics, endpoints, reloads, resolver, lines, "1.2.3", [] { return route::SeenCalls{}; }}};
};

TEST_F(AdminTest, anyone_may_ask_for_health_and_counters) {
  for (auto const* path : {"/healthz", "/readyz", "/metrics"})
    EXPECT_EQ(get(path, "pod:9901", "10.1.2.3").result_int(), 200) << path;
}

TEST_F(AdminTest, the_configuration_is_for_loopback_peers_only) {
  for (auto const* path : {"/", "/config", "/endpoints", "/explain?url=http://x/", "/suggest", "/status", "/calls"}) {
    EXPECT_EQ(get(path).result_int(), 200) << path;
    EXPECT_EQ(get(path, "localhost:9901", "10.1.2.3").result_int(), 403) << path;
  }
}

TEST_F(AdminTest, a_page_cannot_ask_by_rebinding_a_name) {
  for (auto const* host : {"evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example", "user@localhost"}) {
    EXPECT_EQ(get("/config", host).result_int(), 403) << host;
  }
  for (auto const* host : {"localhost", "127.0.0.1:9901", "[::1]:9901", "LOCALHOST:9901"})
    EXPECT_EQ(get("/config", host).result_int(), 200) << host;
}

TEST_F(AdminTest, a_mapped_ipv4_loopback_peer_is_a_loopback_peer) {
  EXPECT_EQ(get("/config", "localhost", "::ffff:127.0.0.1").result_int(), 200);
  EXPECT_EQ(get("/config", "localhost", "::ffff:10.0.0.1").result_int(), 403);
}

TEST_F(AdminTest, is_not_ready_while_it_drains) {
  admin.set_draining();
  EXPECT_EQ(get("/readyz").result_int(), 503);
  EXPECT_EQ(get("/healthz").result_int(), 200);
}

TEST_F(AdminTest, quits_for_a_post_from_this_machine) {
  unsigned quits = 0;
  admin.on_quit([&quits] { ++quits; });
  for (auto const* host : {"localhost", "127.0.0.1:9901", "[::1]:9901"})
    EXPECT_EQ(post("/quit", host).result_int(), 200) << host;
  EXPECT_EQ(quits, 3U);
}

TEST_F(AdminTest, quits_for_nobody_else) {
  admin.on_quit([] { ADD_FAILURE() << "it would have ended"; });
  EXPECT_EQ(post("/quit", "localhost:9901", "10.1.2.3").result_int(), 403);
  EXPECT_EQ(post("/quit", "evil.example").result_int(), 403);
  EXPECT_EQ(post("/quit", "").result_int(), 403);
  EXPECT_EQ(post("/quit", "localhost:9901", "127.0.0.1", "http://localhost:3000").result_int(), 403);
  EXPECT_EQ(post("/quit", "localhost:9901", "127.0.0.1", "null").result_int(), 403);
  EXPECT_EQ(post("/quitx").result_int(), 405);
}

TEST_F(AdminTest, quits_by_no_other_method) {
  admin.on_quit([] { ADD_FAILURE() << "it would have ended"; });
  for (auto const method : {http::verb::get, http::verb::head, http::verb::put, http::verb::delete_, http::verb::options}) {
    auto const response = admin.answer({method, "/quit", 11}, {asio::ip::address_v4::loopback(), 40000});
    EXPECT_EQ(response.result_int(), 405);
    EXPECT_EQ(response[http::field::allow], "POST");
  }
}

TEST_F(AdminTest, is_ready_with_the_configuration_from_before_and_says_what_is_wrong_with_the_other) {
  reloads.failed("a.yaml", {"a.yaml:3:1: error: no such key"});
  EXPECT_EQ(get("/readyz").result_int(), 200);
  EXPECT_TRUE(get("/readyz").body().starts_with("ready; the configuration of a.yaml could not be loaded: a.yaml:3:1"));
  reloads.succeeded("a.yaml");
  EXPECT_EQ(get("/readyz").body(), "ready\n");
}

TEST_F(AdminTest, speaks_of_the_snapshot_in_force) {
  auto const next = support::snapshot_of("map: [{source: http://localhost/api, target: http://another/rng}]");
  admin.use(*next);
  EXPECT_NE(get("/config").body().find("another"), std::string::npos);
  EXPECT_NE(get("/explain?url=http://localhost/api").body().find("goes to: http://another/rng"), std::string::npos);
}

TEST_F(AdminTest, explains_a_url_with_encoded_bytes) {
  auto const response = get("/explain?method=GET&url=http%3A%2F%2Flocalhost%2Fapi%3Fa%3Db");
  EXPECT_NE(response.body().find("goes to: http://numbers-api/rng?a=b"), std::string::npos) << response.body();
}

TEST_F(AdminTest, says_how_to_ask_for_an_explanation) { EXPECT_EQ(get("/explain").result_int(), 400); }

TEST_F(AdminTest, gives_a_page_to_who_reads_html_and_the_index_to_others) {
  EXPECT_TRUE(get("/").body().starts_with("ambassador"));
  SmallRequest request{http::verb::get, "/", 11};
  request.set(http::field::host, "localhost:9901");
  request.set(http::field::accept, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
  auto const page = admin.answer(request, {asio::ip::address_v4::loopback(), 40000});
  EXPECT_EQ(page[http::field::content_type], "text/html; charset=utf-8");
  EXPECT_EQ(page[http::field::vary], "Accept");
  EXPECT_EQ(page["X-Content-Type-Options"], "nosniff");
  EXPECT_EQ(page["Referrer-Policy"], "no-referrer");
  EXPECT_EQ(admin.answer(request, {asio::ip::make_address("10.1.2.3"), 40000}).result_int(), 403);
  request.set(http::field::host, "evil.example");
  EXPECT_EQ(admin.answer(request, {asio::ip::address_v4::loopback(), 40000}).result_int(), 403);
}

TEST_F(AdminTest, gives_what_a_browser_shows_to_who_reads_html) {
  for (auto const* path : {"/config", "/suggest"}) {
    SmallRequest request{http::verb::get, path, 11};
    request.set(http::field::host, "localhost:9901");
    EXPECT_EQ(admin.answer(request, {asio::ip::address_v4::loopback(), 40000})[http::field::content_type], "application/yaml");
    request.set(http::field::accept, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
    auto const shown = admin.answer(request, {asio::ip::address_v4::loopback(), 40000});
    EXPECT_EQ(shown[http::field::content_type], "text/plain; charset=utf-8") << path;
    EXPECT_EQ(shown[http::field::vary], "Accept") << path;
  }
}

TEST_F(AdminTest, lets_a_page_use_nothing_but_what_is_inside_it) {
  std::string const policy{page_policy};
  EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'sha256-")) << policy;
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  for (auto const* outside : {" src=\"", "<link rel=\"stylesheet\"", "@import", "url("}) {
    EXPECT_EQ(page_html.find(outside), std::string_view::npos) << outside;
  }
}

TEST_F(AdminTest, keeps_the_licence_of_what_is_inside_the_page) {
  EXPECT_NE(page_html.find("The MIT License (MIT)"), std::string_view::npos);
}

TEST_F(AdminTest, tells_of_calls_after_the_last_known) {
  lines.keep({"2026-11-22T06:34:54.903Z GET http://h/ [BLOCKED] 403 not in the map\n", 1, true});
  EXPECT_NE(get("/calls").body().find("http://h/"), std::string::npos);
  EXPECT_NE(get("/calls?after=0").body().find("http://h/"), std::string::npos);
  EXPECT_EQ(get("/calls?after=1").body(), "{\"last\":1,\"calls\":[]}\n");
  EXPECT_NE(get("/calls?after=x").body().find("http://h/"), std::string::npos);
}

TEST_F(AdminTest, knows_no_other_path_and_no_other_method) {
  EXPECT_EQ(get("/nothing").result_int(), 404);
  SmallRequest post{http::verb::post, "/metrics", 11};
  EXPECT_EQ(admin.answer(post, {}).result_int(), 405);
}

}  // namespace
}  // namespace ambassador::admin::server_test
