#include "admin/format_characters.hpp"

#include <gtest/gtest.h>

namespace ambassador::admin::format_characters_test {
namespace {

TEST(FormatCharacters, are_escaped_byte_by_byte) {
  EXPECT_EQ(with_escaped_format_characters("a\u202eb"), "a\\xe2\\x80\\xaeb");  // right-to-left override
  EXPECT_EQ(with_escaped_format_characters("\u2066\u2069"), "\\xe2\\x81\\xa6\\xe2\\x81\\xa9");
  EXPECT_EQ(with_escaped_format_characters("\u00ad"), "\\xc2\\xad");                // soft hyphen
  EXPECT_EQ(with_escaped_format_characters("\U000e0041"), "\\xf3\\xa0\\x81\\x81");  // a tag
}

TEST(FormatCharacters, are_not_what_has_a_shape) {
  for (auto const* text : {"", "http://h/a?b", "b\u00fccher", "\u2010\u2027\u202f\u2070", "\u65e5\u672c", "\U0001f600"}) {
    EXPECT_EQ(with_escaped_format_characters(text), text);
  }
}

}  // namespace
}  // namespace ambassador::admin::format_characters_test
