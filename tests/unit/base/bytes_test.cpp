// The small questions about bytes, at their borders.
#include "base/bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace ambassador::bytes_test {
namespace {

std::vector<std::string> elements(std::string_view list) {
  std::vector<std::string> out;
  for_each_list_element(list, [&](std::string_view element) { out.emplace_back(element); });
  return out;
}

TEST(Bytes, know_the_token_characters_of_rfc_9110) {
  std::string tokens;
  for (int c = 0; c < 256; ++c) {
    if (is_token_char(static_cast<char>(c))) tokens.push_back(static_cast<char>(c));
  }
  EXPECT_EQ(tokens, "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");
  EXPECT_TRUE(is_token("GET"));
  EXPECT_FALSE(is_token(""));
  EXPECT_FALSE(is_token("G ET"));
}

TEST(Bytes, know_the_unreserved_characters_of_rfc_3986) {
  std::string unreserved;
  for (int c = 0; c < 256; ++c) {
    if (is_unreserved(static_cast<char>(c))) unreserved.push_back(static_cast<char>(c));
  }
  EXPECT_EQ(unreserved, "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~");
}

TEST(Bytes, take_controls_for_what_is_below_a_blank_and_del) {
  for (int c = 0; c < 256; ++c) EXPECT_EQ(is_control(static_cast<char>(c)), c < 0x20 || c == 0x7f) << c;
}

TEST(Bytes, read_hex_digits_of_either_case_only) {
  for (int c = 0; c < 256; ++c) {
    auto const place = std::string_view{"0123456789abcdef"}.find(to_lower(static_cast<char>(c)));
    EXPECT_EQ(hex_value(static_cast<char>(c)), place == std::string_view::npos ? -1 : static_cast<int>(place)) << c;
  }
}

TEST(Bytes, compare_without_case_in_ascii_only) {
  EXPECT_TRUE(iequals("Content-Length", "content-lENGTH"));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_FALSE(iequals("[", "{"));
  EXPECT_FALSE(iequals("\xc3\x96", "\xc3\xb6"));
}

TEST(Bytes, trim_blanks_and_nothing_else) {
  EXPECT_EQ(trim(" \ta b\t "), "a b");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(trim("\va\n"), "\va\n");
}

TEST(Decimal, is_read_up_to_the_last_that_64_bits_hold) {
  EXPECT_EQ(parse_decimal("0"), 0U);
  EXPECT_EQ(parse_decimal("007"), 7U);
  EXPECT_EQ(parse_decimal("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_decimal("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_decimal("99999999999999999999"), std::nullopt);
}

TEST(Decimal, is_digits_and_nothing_else) {
  for (auto const* text : {"", "+1", "-1", " 1", "1 ", "0x1", "1e3", "1,1", "1.0"})
    EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
}

TEST(List, skips_empty_elements_and_blanks) {
  EXPECT_THAT(elements(" a ,\tb,,c\t, "), testing::ElementsAre("a", "b", "c"));
  EXPECT_THAT(elements(""), testing::IsEmpty());
  EXPECT_THAT(elements(" , ,"), testing::IsEmpty());
  EXPECT_THAT(elements("a b"), testing::ElementsAre("a b"));
}

TEST(Escape, shows_what_could_break_a_line_or_a_quote) {
  EXPECT_EQ(escape("a\"b\\c\r\n\x7f\xff", 100), "a\\x22b\\x5cc\\x0d\\x0a\\x7f\\xff");
  EXPECT_EQ(escape({"\0", 1}, 100), "\\x00");
}

TEST(Escape, cuts_at_the_limit_and_never_inside_an_escape) {
  EXPECT_EQ(escape("abcd", 4), "abcd");
  EXPECT_EQ(escape("abcde", 4), "abcd…");
  EXPECT_EQ(escape("a\n", 4), "a…");
  EXPECT_EQ(escape("a\n", 5), "a\\x0a");
}

}  // namespace
}  // namespace ambassador::bytes_test
