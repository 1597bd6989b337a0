// traceparent: exactly as the recommendation has it, or invalid.
#include "wire/http/trace_context.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ambassador::wire::http::trace_context_test {
namespace {

constexpr std::string_view trace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr std::string_view parent = "00f067aa0ba902b7";

std::string value(std::string_view version, std::string_view trace_id, std::string_view parent_id, std::string_view flags) {
  std::string out;
  return out.append(version).append("-").append(trace_id).append("-").append(parent_id).append("-").append(flags);
}

/// Written anew as what it was read as, or `invalid`.
std::string read(std::string_view text) {
  auto const read = read_traceparent(text);
  if (!read) return "invalid";
  std::string out;
  append_traceparent(out, *read);
  return out;
}

TEST(Traceparent, of_version_00_is_read_and_written) {
  for (auto const* flags : {"00", "01"}) {
    auto const text = value("00", trace, parent, flags);
    EXPECT_EQ(text.size(), traceparent_size);
    EXPECT_EQ(read(text), text);
  }
  auto const read = read_traceparent(value("00", trace, parent, "01"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->trace_id[0], 0x4b);
  EXPECT_EQ(read->trace_id[15], 0x36);
  EXPECT_EQ(read->parent_id[1], 0xf0);
  EXPECT_TRUE(read->sampled);
}

TEST(Traceparent, keeps_no_flag_that_its_version_does_not_know) {
  EXPECT_EQ(read(value("00", trace, parent, "ff")), value("00", trace, parent, "01"));
  EXPECT_EQ(read(value("00", trace, parent, "02")), value("00", trace, parent, "00"));
}

TEST(Traceparent, of_a_later_version_is_read_as_far_as_it_is_known) {
  auto const known = value("00", trace, parent, "01");
  EXPECT_EQ(read(value("01", trace, parent, "01")), known);
  EXPECT_EQ(read(value("fe", trace, parent, "01") + "-what the future will be like"), known);
  EXPECT_EQ(read(value("cc", trace, parent, "01") + "-"), known);
  EXPECT_EQ(read(value("cc", trace, parent, "01") + ".what-the-future"), "invalid");
  EXPECT_EQ(read(value("cc", trace, parent, "01") + "0"), "invalid");
}

TEST(Traceparent, is_invalid_where_a_byte_is_not_as_promised) {
  std::string const zero_trace(32, '0');
  std::string const zero_parent(16, '0');
  for (auto const& text : {
           std::string{},
           std::string{"00"},
           value("ff", trace, parent, "01"),
           value("ff", trace, parent, "01") + "-more",
           value("00", zero_trace, parent, "01"),
           value("00", trace, zero_parent, "01"),
           value("00", trace, parent, "01") + "-",
           value("00", trace, parent, "01") + "-more",
           value("00", trace, parent, "01") + " ",
           " " + value("00", trace, parent, "01"),
           value("0", trace, parent, "01"),
           value("00", trace, parent, "1"),
           value("00", trace.substr(1), parent, "01"),
           value("00", trace, parent.substr(1), "01") + "1",
           value("00", std::string{trace} + "0", parent, "01"),
           value("00", "4BF92F3577B34DA6A3CE929D0E0E4736", parent, "01"),
           value("00", trace, "00F067AA0BA902B7", "01"),
           value("0A", trace, parent, "01"),
           value("00", trace, parent, "0A"),
       }) {
    EXPECT_EQ(read(text), "invalid") << text;
  }
  auto const good = value("00", trace, parent, "01");
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (char const byte : {'g', 'A', '\0', '\xff', ' ', '.'}) {
      auto bad = good;
      bad[at] = byte;
      EXPECT_EQ(read(bad), "invalid") << bad;
    }
    EXPECT_EQ(read(good.substr(0, at)), "invalid");
  }
}

}  // namespace
}  // namespace ambassador::wire::http::trace_context_test
