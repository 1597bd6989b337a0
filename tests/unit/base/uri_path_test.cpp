// What is matched is what is sent: each path in its one canonical form, or refused where readers differ (RFC 3986
// section 6.2.2, CVE-2021-41773 and its kin).
#include "base/uri.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace ambassador::uri_path_test {
namespace {

struct Kept {
  std::string_view path;
  std::string_view canonical;

  friend std::ostream& operator<<(std::ostream& out, Kept const& row) { return out << row.path; }
};

std::string normalised(std::string_view path) {
  std::string out;
  EXPECT_EQ(normalise_path(path, out), UriFault::none) << path;
  return out;
}

class PathRead : public testing::TestWithParam<Kept> {};

TEST_P(PathRead, has_one_form) { EXPECT_EQ(normalised(GetParam().path), GetParam().canonical); }

TEST_P(PathRead, is_the_same_when_read_again) { EXPECT_EQ(normalised(GetParam().canonical), GetParam().canonical); }

TEST_P(PathRead, is_appended_behind_what_is_there) {
  std::string out = "http://h/x";
  EXPECT_EQ(normalise_path(GetParam().path, out), UriFault::none);
  EXPECT_EQ(out, "http://h/x" + std::string{GetParam().canonical});
}

INSTANTIATE_TEST_SUITE_P(PlainDotSegments, PathRead,
                         testing::Values(Kept{"", "/"}, Kept{"/", "/"}, Kept{"/a", "/a"}, Kept{"/a/", "/a/"}, Kept{"/.", "/"},
                                         Kept{"/./", "/"}, Kept{"/a/.", "/a/"}, Kept{"/a/./b", "/a/b"}, Kept{"/a/..", "/"},
                                         Kept{"/a/../", "/"}, Kept{"/a/../b", "/b"}, Kept{"/a/b/..", "/a/"},
                                         Kept{"/a/b/../../c", "/c"}, Kept{"/a/b/c/./../../g", "/a/g"}, Kept{"/a//../b", "/a/b"},
                                         Kept{"//a", "//a"}, Kept{"/a//b", "/a//b"}, Kept{"//../a", "/a"}));

INSTANTIATE_TEST_SUITE_P(DotsThatAreNoDotSegments, PathRead,
                         testing::Values(Kept{"/...", "/..."}, Kept{"/.a", "/.a"}, Kept{"/..a", "/..a"}, Kept{"/a.", "/a."},
                                         Kept{"/a..", "/a.."}, Kept{"/a../b", "/a../b"}, Kept{"/a;..", "/a;.."},
                                         Kept{"/.well-known/x", "/.well-known/x"}, Kept{"/...;x", "/...;x"},
                                         Kept{"/a%2f.b", "/a%2f.b"}, Kept{"/%252e%252e/", "/%252e%252e/"},
                                         Kept{"/..%252f", "/..%252f"}));

INSTANTIATE_TEST_SUITE_P(PercentEncoded, PathRead,
                         testing::Values(Kept{"/%61pi", "/api"}, Kept{"/%41%5A%61%7a%30%39", "/AZaz09"},
                                         Kept{"/%2D%2e%5f%7Ea", "/-._~a"}, Kept{"/a%2Eb", "/a.b"}, Kept{"/a%2Fb", "/a%2Fb"},
                                         Kept{"/a%2fb", "/a%2fb"}, Kept{"/%2561", "/%2561"}, Kept{"/%252e", "/%252e"},
                                         Kept{"/%25", "/%25"}, Kept{"/a%20b", "/a%20b"}, Kept{"/%00", "/%00"},
                                         Kept{"/%5c", "/%5c"}, Kept{"/%3F", "/%3F"}, Kept{"/%23", "/%23"},
                                         Kept{"/%c3%b6", "/%c3%b6"}));

INSTANTIATE_TEST_SUITE_P(OtherBytes, PathRead,
                         testing::Values(Kept{"/\xc3\xb6", "/\xc3\xb6"}, Kept{"/\xff/..", "/"}, Kept{"/a|b{c}", "/a|b{c}"},
                                         Kept{"/a;b=1", "/a;b=1"}, Kept{"/^`\"<>[]", "/^`\"<>[]"},
                                         Kept{"/!$&'()*+,;=:@", "/!$&'()*+,;=:@"}, Kept{"/A/b", "/A/b"}));

struct Refused {
  std::string_view path;
  UriFault fault;

  friend std::ostream& operator<<(std::ostream& out, Refused const& row) { return out << row.path; }
};

class PathRefused : public testing::TestWithParam<Refused> {};

TEST_P(PathRefused, with_its_reason) {
  std::string out;
  EXPECT_EQ(normalise_path(GetParam().path, out), GetParam().fault);
}

INSTANTIATE_TEST_SUITE_P(AboveTheRoot, PathRefused,
                         testing::Values(Refused{"/..", UriFault::above_root}, Refused{"/../", UriFault::above_root},
                                         Refused{"/a/../..", UriFault::above_root}, Refused{"/./../x", UriFault::above_root},
                                         Refused{"/a/../../a/b", UriFault::above_root}));

INSTANTIATE_TEST_SUITE_P(Bytes, PathRefused,
                         testing::Values(Refused{"/%", UriFault::bad_percent}, Refused{"/%4", UriFault::bad_percent},
                                         Refused{"/%4g", UriFault::bad_percent}, Refused{"/%g4", UriFault::bad_percent},
                                         Refused{"/%%61", UriFault::bad_percent}, Refused{"/%2%66", UriFault::bad_percent},
                                         Refused{"/%u002e", UriFault::bad_percent}, Refused{"/..\\", UriFault::backslash},
                                         Refused{"/a\\b", UriFault::backslash}, Refused{"/a#b", UriFault::fragment},
                                         Refused{"/a b", UriFault::control_byte}, Refused{"/a\tb", UriFault::control_byte},
                                         Refused{"/\x7f", UriFault::control_byte}, Refused{{"/\0", 2}, UriFault::control_byte},
                                         Refused{"/a\r\nb", UriFault::control_byte}, Refused{"a", UriFault::not_absolute},
                                         Refused{"*", UriFault::not_absolute}, Refused{"../a", UriFault::not_absolute}));

/// What one reader takes for a dot segment, and another does not.
class HiddenDotSegment : public testing::TestWithParam<std::string_view> {};

TEST_P(HiddenDotSegment, is_refused_wherever_it_stands) {
  for (std::string const before : {"", "/a", "/a%2fb", "/%61;x/b"}) {
    for (std::string const after : {"", "/", "/c"}) {
      auto const path = before + std::string{GetParam()} + after;
      std::string out;
      EXPECT_EQ(normalise_path(path, out), UriFault::hidden_dot_segment) << path;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EncodedDots, HiddenDotSegment,
                         testing::Values("/%2e", "/%2e%2e", "/%2E%2E/x", "/.%2e", "/%2e.", "/%2e/x", "/a/%2e%2e/b"));

INSTANTIATE_TEST_SUITE_P(Parameters, HiddenDotSegment,
                         testing::Values("/..;", "/..;x=1", "/..;/x", "/.;", "/.;a/x", "/%2e%2e;a", "/..%3b", "/..%3Bx",
                                         "/.%2e;a%2fb"));

INSTANTIATE_TEST_SUITE_P(EncodedSeparators, HiddenDotSegment,
                         testing::Values("/..%2f", "/..%2F", "/..%5c", "/..%5Cx", "/%2e%2e%2f", "/a%2f..", "/a%2f..%2fb",
                                         "/a%5c..;x%5cb", "/a%2f.", "/%2f..", "/.%2fx", "/%2f%2e%2e%2f"));

TEST(Query, keeps_every_byte_but_controls_blanks_and_the_fragment) {
  for (auto const* query : {"", "a=b&c", "..\\..%2e%", "?/%zz", "\xff|{}\"<>", "a=http://b/../c"}) {
    EXPECT_EQ(check_query(query), UriFault::none) << query;
  }
  EXPECT_EQ(check_query("a#b"), UriFault::fragment);
  for (auto const* query : {"a b", "a\tb", "a\nb", "\x7f", "\x01"})
    EXPECT_EQ(check_query(query), UriFault::control_byte) << query;
}

TEST(SplitUri, takes_the_parts_as_they_stand) {
  UriParts parts;
  ASSERT_EQ(split_uri("HTTP://H:80/a/../b?c=/?d", parts), UriFault::none);
  EXPECT_EQ(parts.scheme, "HTTP");
  EXPECT_EQ(parts.authority, "H:80");
  EXPECT_EQ(parts.path, "/a/../b");
  EXPECT_EQ(parts.query, "c=/?d");
}

TEST(SplitUri, tells_an_empty_query_from_none) {
  UriParts parts;
  ASSERT_EQ(split_uri("http://h", parts), UriFault::none);
  EXPECT_EQ(parts.path, "");
  EXPECT_FALSE(parts.query);
  ASSERT_EQ(split_uri("http://h?", parts), UriFault::none);
  EXPECT_EQ(parts.authority, "h");
  EXPECT_EQ(parts.path, "");
  EXPECT_EQ(parts.query, "");
}

TEST(SplitUri, leaves_what_the_authority_may_hold_to_its_own_reader) {
  UriParts parts;
  ASSERT_EQ(split_uri("http://a@b\\c/d", parts), UriFault::none);
  EXPECT_EQ(parts.authority, "a@b\\c");
}

TEST(SplitUri, refuses_what_has_no_scheme_no_host_or_a_fragment) {
  UriParts parts;
  for (auto const* text : {"", "h", "h/p", "//h", "://h", "1http://h", "ht tp://h", "http:/h", "http:h", "ht%74p://h"}) {
    EXPECT_EQ(split_uri(text, parts), UriFault::bad_scheme) << text;
  }
  for (auto const* text : {"http://", "http:///x", "http://?x"}) EXPECT_EQ(split_uri(text, parts), UriFault::no_host) << text;
  for (auto const* text : {"http://h#", "http://h/a#b", "http://h/?a#b"})
    EXPECT_EQ(split_uri(text, parts), UriFault::fragment) << text;
}

}  // namespace
}  // namespace ambassador::uri_path_test
