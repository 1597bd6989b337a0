// The lines to paste are configuration that our own reader takes, and with them the call passes.
#include "config/load.hpp"
#include "route/nearest_miss.hpp"
#include "unit/route/rules.hpp"

#include <ostream>

namespace ambassador::route::lines_to_paste_test {
namespace {

struct Row {
  std::string start;
  std::string host_name;
  std::string lines;

  friend std::ostream& operator<<(std::ostream& out, Row const& row) { return out << row.start << ' ' << row.host_name; }
};

config::Loaded loaded(std::string const& text) {
  config::Inputs inputs;
  inputs.file = "pasted.yaml";
  inputs.read_file = [&](std::string const&) { return std::optional{text}; };
  return config::load(inputs);
}

class Pasted : public testing::TestWithParam<Row> {};

TEST_P(Pasted, is_this) {
  Asked const asked{GetParam().start, host(GetParam().host_name)};
  ASSERT_FALSE(asked.fault);
  EXPECT_EQ(lines_to_paste(asked.url, listener_port), GetParam().lines);
}

TEST_P(Pasted, lets_the_call_pass) {
  Asked const asked{GetParam().start, host(GetParam().host_name)};
  auto const lines = lines_to_paste(asked.url, listener_port);
  auto const read = loaded(lines);
  ASSERT_TRUE(read.settings) << lines << to_string(read.diagnostics.front());
  World const world{*read.settings};
  EXPECT_NE(decide(world, asked).verdict, Verdict::blocked) << lines;
}

Row allow(std::string const& url, std::string const& entry) { return {"GET " + url, "h", "allow:\n  - " + entry + "\n"}; }

Row map(std::string const& start, std::string const& host_name, std::string const& source) {
  return {start, host_name, "map:\n  - source: " + source + "\n    target: http://the-real-service\n"};
}

INSTANTIATE_TEST_SUITE_P(AbsoluteForm, Pasted,
                         testing::Values(allow("http://orders/a?b", "{to: \"orders:80\", addresses: [private]}"),
                                         allow("http://Orders:8080/", "{to: \"orders:8080\", addresses: [private]}"),
                                         allow("http://[2001:db8::1]:8080/", "\"[2001:db8::1]:8080\""),
                                         allow("http://10.0.0.1/", "\"10.0.0.1:80\""), allow("http://_a-b.c/", "\"_a-b.c:80\""),
                                         allow("http://null/", "{to: \"null:80\", addresses: [private]}"),
                                         allow("http://1e5/", "{to: \"1e5:80\", addresses: [private]}")));

INSTANTIATE_TEST_SUITE_P(OriginForm, Pasted,
                         testing::Values(map("GET /api/x?y", "orders", "http://orders/api/x"),
                                         map("GET /", "orders:8080", "http://orders:8080/"),
                                         map("GET /api", "orders:1080", "http://orders/api"),
                                         map("GET /api", "[2001:db8::1]:8080", "\"http://[2001:db8::1]:8080/api\""),
                                         map("GET /a%2Fb%20c", "h", "http://h/a%2Fb%20c"), map("GET /a/", "h", "http://h/a/"),
                                         map("GET //a//", "h", "http://h//a//")));

INSTANTIATE_TEST_SUITE_P(TheListenerItself, Pasted,
                         testing::Values(map("GET /api", "localhost:1080", "http://localhost/api"),
                                         map("GET /api", "127.0.0.1:1080", "http://localhost/api"),
                                         map("GET http://[::1]:1080/api", "h", "http://localhost/api"),
                                         map("GET /api", "localhost", "http://localhost/api")));

INSTANTIATE_TEST_SUITE_P(Port80OfTheAppsOwnMachine, Pasted,
                         testing::Values(map("GET http://localhost/orders/1", "h", "http://localhost/orders/1"),
                                         map("GET http://127.0.0.1:80/orders", "h", "http://127.0.0.1/orders"),
                                         map("GET http://[::1]/orders", "h", "\"http://[::1]/orders\""),
                                         allow("http://localhost:8080/", "\"localhost:8080\"")));

INSTANTIATE_TEST_SUITE_P(
    WhatYamlTakesForSomethingElse, Pasted,
    testing::Values(map("GET /a\"b", "h", "\"http://h/a\\\"b\""), map("GET /a'b", "h", "\"http://h/a'b\""),
                    map("GET /a:", "h", "\"http://h/a:\""), map("GET /{a}", "h", "\"http://h/{a}\""),
                    map("GET /[a,b]", "h", "\"http://h/[a,b]\""), map("GET /*&!|>@`", "h", "\"http://h/*&!|>@`\""),
                    map("GET /$a", "h", "\"http://h/$a\""), map("GET /${HOME}", "h", "\"http://h/$${HOME}\""),
                    map("GET /$${HOME}/${", "h", "\"http://h/$$${HOME}/$${\""), map("GET /a=b;c", "h", "\"http://h/a=b;c\"")));

INSTANTIATE_TEST_SUITE_P(BytesThatNeedNotBeUtf8, Pasted,
                         testing::Values(map("GET /a/\xc3\xb6/b", "h", "http://h/a"), map("GET /\xff", "h", "http://h"),
                                         map("GET /a/b\x80", "h", "http://h/a")));

INSTANTIATE_TEST_SUITE_P(Connect, Pasted,
                         testing::Values(Row{"CONNECT api.example:443", "api.example:443", "allow:\n  - \"api.example:443\"\n"},
                                         Row{"CONNECT db.shop.svc:5432", "db.shop.svc:5432",
                                             "allow:\n  - {to: \"db.shop.svc:5432\", addresses: [private]}\n"}));

INSTANTIATE_TEST_SUITE_P(AbsoluteHttps, Pasted, testing::Values(allow("https://api.example/a", "\"api.example:443\"")));

}  // namespace
}  // namespace ambassador::route::lines_to_paste_test
