// Strings as YAML: every reader gives them back as they were.
#include "kubernetes/scalar.hpp"

#include "config/document/document.hpp"

#include <gtest/gtest.h>

namespace ambassador::kubernetes::scalar_test {
namespace {

std::string read_back(std::string const& yaml) {
  config::Report report;
  auto const root = config::parse_document("data:\n  key: " + yaml + "\nafter: 1\n", "f", report);
  if (!root || report.has_errors() || root->find("after") == nullptr) return "(not valid)";
  return root->find("data")->find("key")->text;
}

TEST(Scalar, is_quoted_unless_it_can_only_be_text) {
  for (auto const* const plain : {"ambassador:0.1.0", "/readyz", "http://localhost:1080", "10m", "64Mi", "IfNotPresent"}) {
    EXPECT_EQ(scalar(plain), plain);
  }
  for (auto const* const other : {"", "0.1.0", "true", "No", "1e3", "[::]:9901", "a b", "a:", "$(X)", "~", "12:30", "0x10"}) {
    EXPECT_EQ(scalar(other).front(), '"') << other;
    EXPECT_EQ(read_back(scalar(other)), other);
  }
}

TEST(Scalar, knows_utf8) {
  for (auto const* const good : {"", "a", "ü", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (auto const* const bad : {"\x80", "\xFF", "\xC0\x80", "\xC3", "\xE2\x82", "\xE0\x80\x80", "\xED\xA0\x80",
                                "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2(\xA1"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Scalar, of_many_lines_keeps_every_byte) {
  for (std::string const text : {"a\n",
                                 "a",
                                 "a\n\n\n",
                                 "a\n\n  b\n",
                                 "a  \nb\t\n",
                                 "\n\na\n",
                                 " a\n",
                                 "\ta\n",
                                 "a\n ",
                                 "a\n  \n",
                                 "\n",
                                 "",
                                 "a\r\nb\r\n",
                                 "# c\n",
                                 "a: |\n  b\n\n  # c\n",
                                 "\xC2\x85z\n",
                                 "a\xE2\x80\xA8z\n",
                                 "\xEF\xBB\xBFz\n",
                                 "ünïcödé\n",
                                 "---\n...\n",
                                 "\"quoted\\\"\n\x7f"}) {
    auto const yaml = block_scalar(text, 4, "\n");
    EXPECT_EQ(read_back(yaml), text) << yaml;
  }
}

TEST(Scalar, of_many_lines_is_a_block_where_that_keeps_it) {
  EXPECT_EQ(block_scalar("a\n  b\n", 2, "\n"), "|\n  a\n    b");
  EXPECT_EQ(block_scalar("a\nb", 2, "\n"), "|-\n  a\n  b");
  EXPECT_EQ(block_scalar("a\n\n", 2, "\n"), "|+\n  a\n");
  EXPECT_EQ(block_scalar("a\nb\n", 2, "\r\n"), "|\r\n  a\r\n  b");
  EXPECT_EQ(block_scalar(" a\n", 2, "\n"), "\" a\\n\"");
}

}  // namespace
}  // namespace ambassador::kubernetes::scalar_test
