// Where calls go: lists of targets, their weights, names that are looked up as SRV, and files of targets.
#include "config/settings/targets.hpp"
#include "unit/config/loading.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ambassador::config::targets_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string const list_file = "/etc/endpoints";

/// A configuration of one source, with this target, and the file that it may name.
Loaded load_target(std::string const& target, std::optional<std::string> const& list = std::nullopt,
                   std::string const& source = "http://s") {
  Texts files{{"a.yaml", "map: [{source: " + source + ", target: " + target + "}]"}};
  if (list) files.emplace(list_file, *list);
  auto in = inputs(std::move(files));
  in.file = "a.yaml";
  return load(in);
}

std::vector<Target> targets_of(Loaded const& loaded) {
  EXPECT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  return loaded.settings ? loaded.settings->map.front().targets : std::vector<Target>{};
}

/// `URI`, or `URI weight`.
std::vector<std::string> texts(std::vector<Target> const& targets) {
  std::vector<std::string> out;
  for (auto const& target : targets) out.push_back(target.text + (target.weight ? ' ' + std::to_string(*target.weight) : ""));
  return out;
}

std::string lines_of(std::size_t count) {
  std::string lines;
  for (std::size_t i = 0; i < count; ++i) lines += fmt::format("http://h{}\n", i);
  return lines;
}

// ---- lists

TEST(Targets, keep_their_order_and_their_places) {
  auto const targets = targets_of(load_target("[http://b, {url: http://a}]"));
  EXPECT_THAT(texts(targets), ElementsAre("http://b", "http://a"));
  EXPECT_EQ(targets[1].where.column, 51);
}

TEST(Targets, have_weight_1_where_only_others_have_one) {
  EXPECT_THAT(texts(targets_of(load_target("[http://a, {url: http://b, weight: 9}, {url: http://c, weight: 0}]"))),
              ElementsAre("http://a 1", "http://b 9", "http://c 0"));
}

TEST(Targets, are_at_most_64_in_the_configuration) {
  auto const list = [](std::size_t count) {
    std::string text = "[";
    for (std::size_t i = 0; i < count; ++i) text += fmt::format("http://h{}, ", i);
    return text + "]";
  };
  EXPECT_EQ(targets_of(load_target(list(max_written_targets))).size(), 64U);
  EXPECT_EQ(all_diagnostics(load_target(list(max_written_targets + 1))),
            "a.yaml:1:793: error: map[0].target: more than 64 targets (name a file that lists them: "
            "file:///etc/ambassador/endpoints)\n");
}

// ---- SRV

TEST(SrvTarget, is_named_without_its_labels) {
  auto const target = targets_of(load_target("https://_https._tcp.Numbers.shop.svc./rng")).at(0);
  EXPECT_TRUE(target.srv);
  EXPECT_EQ(target.authority.host, "_https._tcp.numbers.shop.svc");
  EXPECT_EQ(target.authority.port, 0);
  EXPECT_EQ(target.host_header, "numbers.shop.svc");
  EXPECT_TRUE(target.fully_qualified);
  EXPECT_EQ(target.path, "/rng");
}

TEST(SrvTarget, of_bytes_needs_no_port) {
  auto const target = targets_of(load_target("tls://_kafka._tcp.data.svc", std::nullopt, "tcp://localhost:9092")).at(0);
  EXPECT_TRUE(target.srv);
  EXPECT_EQ(target.host_header, "data.svc");
}

TEST(SrvTarget, is_not_one_with_an_underscore_elsewhere) {
  auto const target = targets_of(load_target("http://a._tcp.b")).at(0);
  EXPECT_FALSE(target.srv);
  EXPECT_EQ(target.host_header, "a._tcp.b");
}

// ---- files

TEST(TargetFile, has_a_target_on_each_line) {
  auto const loaded = load_target("file:///etc/endpoints",
                                  "# comment\n\nhttp://a\n  http://b:81/v2\tweight=9  # why\r\nhttp://c#\t\n\t \n#http://d");
  EXPECT_EQ(all_diagnostics(loaded),
            "/etc/endpoints:5:1: error: map[0].target: not a target: it holds a fragment (#): \"http://c#\"\n");
  auto const good =
      load_target("file:///etc/endpoints", "# comment\n\nhttp://a\n  http://b:81/v2\tweight=9  # why\r\n\t \n#http://d");
  auto const targets = targets_of(good);
  EXPECT_THAT(texts(targets), ElementsAre("http://a 1", "http://b:81/v2 9"));
  EXPECT_EQ(targets[1].where.file, list_file);
  EXPECT_EQ(targets[1].where.line, 4);
  EXPECT_EQ(targets[1].where.column, 3);
}

TEST(TargetFile, is_told_once_however_many_name_it) {
  auto in = inputs({{"a.yaml", R"(
map:
  - {source: http://a, target: file:///z}
  - {source: http://b, target: [file:///z, file:///y]}
  - {source: http://c, target: http://d})"},
                    {"/z", "http://z"},
                    {"/y", "http://y"}});
  in.file = "a.yaml";
  int reads = 0;
  in.read_file = [&, read = in.read_file](std::string const& path) {
    if (path == "/z") ++reads;
    return read(path);
  };
  auto const loaded = load(in);
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  EXPECT_THAT(loaded.settings->endpoint_files, ElementsAre("/y", "/z"));
  EXPECT_THAT(texts(loaded.settings->map[1].targets), ElementsAre("http://z", "http://y"));
  EXPECT_EQ(reads, 1);
}

TEST(TargetFile, is_shown_by_what_it_holds) {
  auto const loaded = load_target("file:///etc/endpoints", "http://a\nhttp://b weight=3\n");
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  EXPECT_THAT(to_yaml(*loaded.settings), HasSubstr(R"(    target:
      - {url: "http://a", weight: 1}
      - {url: "http://b", weight: 3}
)"));
}

TEST(TargetFile, may_hold_1024_lines) {
  EXPECT_EQ(targets_of(load_target("file:///etc/endpoints", lines_of(max_targets))).size(), 1024U);
  EXPECT_EQ(all_diagnostics(load_target("file:///etc/endpoints", lines_of(max_targets + 1))),
            "/etc/endpoints:1025:1: error: map[0].target: more than 1024 targets\n");
  EXPECT_EQ(all_diagnostics(load_target("[http://x, file:///etc/endpoints]", lines_of(max_targets))),
            "/etc/endpoints:1024:1: error: map[0].target: more than 1024 targets: \"http://h1023\"\n");
}

struct BadFile {
  std::string target;
  std::optional<std::string> list;
  std::string diagnostics;
};

TEST(TargetFile, that_cannot_be_used_is_refused_where_it_is_wrong) {
  for (auto const& row : std::vector<BadFile>{
           {"file:///etc/endpoints", std::nullopt,
            "a.yaml:1:34: error: map[0].target: the list of targets cannot be read: \"file:///etc/endpoints\" (does it exist, "
            "and "
            "may this user read it?)\n"},
           {"file:///etc/endpoints", "# nothing\n",
            "/etc/endpoints:1:1: error: map[0].target: the list names no target (write one a line: http://host:port)\n"},
           {"file:///etc/endpoints", "",
            "/etc/endpoints:1:1: error: map[0].target: the list names no target (write one a line: http://host:port)\n"},
           {"file:///etc/endpoints", "http://a http://b\nhttp://c weight=1 2\nhttp://d weight = 2\n",
            "/etc/endpoints:1:1: error: map[0].target: not a line of a list of targets: \"http://a http://b\" (write "
            "http://host:port, or http://host:port weight=9)\n"
            "/etc/endpoints:2:1: error: map[0].target: not a line of a list of targets: \"http://c weight=1 2\" (write "
            "http://host:port, or http://host:port weight=9)\n"
            "/etc/endpoints:3:1: error: map[0].target: not a line of a list of targets: \"http://d weight = 2\" (write "
            "http://host:port, or http://host:port weight=9)\n"},
           {"file:///etc/endpoints", "http://a weight=1001\n http://b weight=x\n",
            "/etc/endpoints:1:17: error: map[0].target: must be a number from 0 to 1000: \"1001\"\n"
            "/etc/endpoints:2:18: error: map[0].target: must be a number from 0 to 1000: \"x\"\n"},
           {"file:///etc/endpoints", "10.0.0.1:80\nfile:///etc/others\nhttp://a:0",
            "/etc/endpoints:1:1: error: map[0].target: not a target: it does not begin with a scheme such as http://: "
            "\"10.0.0.1:80\" (write http://10.0.0.1:80)\n"
            "/etc/endpoints:2:1: error: map[0].target: a list of targets cannot name another: \"file:///etc/others\"\n"
            "/etc/endpoints:3:1: error: map[0].target: not a target: the port is not a number from 1 to 65535: "
            "\"http://a:0\"\n"},
           {"file:///etc/endpoints", "http://a\nhttps://b\nhttp://a/\nhttp://a:80\n",
            "/etc/endpoints:2:1: error: map[0].target: the targets of a source have one scheme, and the first has http://: "
            "\"https://b\"\n"
            "/etc/endpoints:4:1: error: map[0].target: the same target is already on line 1: \"http://a:80\" (a weight gives "
            "it "
            "more calls)\n"},
           {"[http://a, file:///etc/endpoints]", "http://a",
            "/etc/endpoints:1:1: error: map[0].target: the same target is already on a.yaml:1: \"http://a\" (a weight gives it "
            "more calls)\n"},
           {"file:///etc/endpoints", "http://localhost:1080",
            "/etc/endpoints:1:1: error: map[0].target: the ambassador would call itself: \"http://localhost:1080\" (the "
            "listener "
            "127.0.0.1:1080 is its own)\n"},
           {"[{url: file:///etc/endpoints, weight: 3}]", "http://a",
            "a.yaml:1:72: error: map[0].target[0].weight: a list of targets has a weight in each of its lines: \"3\" (write "
            "http://host weight=9)\n"},
           {"file:endpoints", std::nullopt,
            "a.yaml:1:34: error: map[0].target: not the name of a list of targets: \"file:endpoints\" (write "
            "file:///etc/ambassador/endpoints)\n"},
           {"file://host/endpoints", std::nullopt,
            "a.yaml:1:34: error: map[0].target: not the name of a list of targets: \"file://host/endpoints\" (write "
            "file:///etc/ambassador/endpoints)\n"},
           {"file:///", std::nullopt,
            "a.yaml:1:34: error: map[0].target: not the name of a list of targets: \"file:///\" (write "
            "file:///etc/ambassador/endpoints)\n"},
           {"file:///etc/endpoints", std::string(1024 * 1024 + 1, '\n'),
            "/etc/endpoints: error: map[0].target: larger than 1MiB\n"}}) {
    auto const loaded = load_target(row.target, row.list);
    EXPECT_FALSE(loaded.settings.has_value()) << row.target;
    EXPECT_EQ(all_diagnostics(loaded), row.diagnostics);
  }
}

TEST(TargetFile, may_be_missing_where_files_are_left_out) {
  auto in = inputs({{"a.yaml", R"(
map:
  - {source: http://a, target: [file:///z, http://b, file:///y]}
  - {source: tcp://localhost:9092, target: file:///z})"}});
  in.file = "a.yaml";
  in.files_may_be_missing = true;
  auto const loaded = load(in);
  ASSERT_TRUE(loaded.settings.has_value()) << all_diagnostics(loaded);
  EXPECT_THAT(texts(loaded.settings->map[0].targets), ElementsAre("file:///z", "http://b", "file:///y"));
  EXPECT_THAT(all_diagnostics(loaded),
              HasSubstr("a.yaml:4:44: warning: map[1].target: the list of targets is not there: nothing is known of where the "
                        "calls go: \"file:///z\"\n"));
}

}  // namespace
}  // namespace ambassador::config::targets_test
