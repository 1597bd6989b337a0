// Every promise about what comes out, over manifests as people and tools write them, and each of them in other bytes.
#include "unit/kubernetes/manifests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ambassador::kubernetes::corpus_test {
namespace {

std::string with_crlf(std::string const& text) {
  std::string out;
  for (char const c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

struct Row {
  std::string name;
  std::string text;
};

std::vector<Row> corpus() {
  std::vector<Row> rows;
  for (auto const& entry : std::filesystem::directory_iterator(std::string{AMBASSADOR_TESTS_DIR} + "/unit/kubernetes/corpus")) {
    auto const name = entry.path().filename().string();
    auto const text = read_text(entry.path());
    rows.push_back({name, text});
    rows.push_back({name + ", with CRLF", with_crlf(text)});
    rows.push_back({name + ", without a last line break", text.substr(0, text.find_last_not_of('\n') + 1)});
    rows.push_back({name + ", with a byte order mark", "\xEF\xBB\xBF" + text});
  }
  return rows;
}

/// Calls `check(text, sidecar)` for each manifest with each sidecar.
template <class Check>
void for_each_row(Check check) {
  auto const rows = corpus();
  ASSERT_GE(rows.size(), 40U);
  for (auto const& row : rows) {
    for (auto const& [form, sidecar] :
         {std::pair{"small", small_sidecar()}, {"large", large_sidecar()}, {"plain", plain_sidecar()}}) {
      SCOPED_TRACE(row.name + ", " + form);
      check(row.text, sidecar);
    }
  }
}

TEST(Corpus, comes_back_byte_for_byte) {
  for_each_row([](std::string const& text, Sidecar const& sidecar) {
    auto const injected = inject(text, "manifest", sidecar);
    ASSERT_TRUE(injected.text) << said(injected);
    bool const any = std::ranges::any_of(injected.done, [](Done const& one) { return one.left.empty(); });
    EXPECT_EQ(any, *injected.text != text);
    EXPECT_EQ(uninject(*injected.text, "manifest").text, text);
  });
}

TEST(Corpus, does_not_change_when_injected_again) {
  for_each_row([](std::string const& text, Sidecar const& sidecar) {
    auto const once = inject(text, "manifest", sidecar).text;
    ASSERT_TRUE(once);
    EXPECT_EQ(inject(*once, "manifest", sidecar).text, once);
  });
}

TEST(Corpus, is_brought_up_to_date_as_if_it_were_new) {
  for_each_row([](std::string const& text, Sidecar const& sidecar) {
    auto const old = inject(text, "manifest", large_sidecar()).text;
    ASSERT_TRUE(old);
    auto newer = sidecar;
    newer.version = "0.2.0";
    newer.image = "ambassador:0.2.0";
    newer.configuration = "allow: [example.com:443]\n";
    EXPECT_EQ(inject(*old, "manifest", newer).text, inject(text, "manifest", newer).text);
  });
}

TEST(Corpus, keeps_every_line_of_block_style_in_its_order) {
  for (auto const& row : corpus()) {
    bool const is_block = row.name.starts_with("deployment.yaml") || row.name.starts_with("dry_run") ||
                          row.name.starts_with("helm") || row.name.starts_with("cron_job") || row.name.starts_with("comments");
    if (!is_block) continue;
    SCOPED_TRACE(row.name);
    std::istringstream before{row.text};
    std::istringstream after{inject(row.text, "manifest", small_sidecar()).text.value()};
    for (std::string line, other; std::getline(before, line);) {
      bool found = line.starts_with("\xEF\xBB\xBF");  // what is added stands behind the mark
      while (!found && std::getline(after, other)) found = other == line;
      EXPECT_TRUE(found) << line;
    }
  }
}

TEST(Corpus, is_left_alone_by_uninject_where_nothing_was_injected) {
  for (auto const& row : corpus()) {
    SCOPED_TRACE(row.name);
    auto const edited = uninject(row.text, "manifest");
    EXPECT_EQ(edited.text, row.text);
    EXPECT_TRUE(edited.done.empty());
  }
}

}  // namespace
}  // namespace ambassador::kubernetes::corpus_test
