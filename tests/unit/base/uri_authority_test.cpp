// Who is called: hosts and ports in one canonical form, and everything that two readers could take differently refused.
#include "base/uri.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace ambassador::uri_authority_test {
namespace {

struct Read {
  std::string_view text;
  std::string_view host;
  std::uint16_t port;

  friend std::ostream& operator<<(std::ostream& out, Read const& row) { return out << row.text; }
};

class AuthorityRead : public testing::TestWithParam<Read> {};

TEST_P(AuthorityRead, has_one_form) {
  Authority authority{"left over", 9};
  ASSERT_EQ(parse_authority(GetParam().text, authority), UriFault::none);
  EXPECT_EQ(authority.host, GetParam().host);
  EXPECT_EQ(authority.port, GetParam().port);
}

TEST_P(AuthorityRead, reads_its_own_text_as_the_same) {
  Authority first;
  Authority second;
  ASSERT_EQ(parse_authority(GetParam().text, first), UriFault::none);
  ASSERT_EQ(parse_authority(first.text(0), second), UriFault::none);
  EXPECT_EQ(first, second);
}

INSTANTIATE_TEST_SUITE_P(Table, AuthorityRead,
                         testing::Values(Read{"h", "h", 0}, Read{"Orders.Shop", "orders.shop", 0}, Read{"h:80", "h", 80},
                                         Read{"h:1", "h", 1}, Read{"h:65535", "h", 65535}, Read{"h:00080", "h", 80},
                                         Read{"h:", "h", 0}, Read{"h.", "h", 0}, Read{"h.:8080", "h", 8080},
                                         Read{"a_b-9.c", "a_b-9.c", 0}, Read{"9.c9", "9.c9", 0},
                                         Read{"0x7f.1.9c", "0x7f.1.9c", 0}, Read{"127.0.0.1:1", "127.0.0.1", 1},
                                         Read{"[::1]", "[::1]", 0}, Read{"[::1]:1080", "[::1]", 1080},
                                         Read{"[0:0:0:0:0:0:0:1]", "[::1]", 0}, Read{"[2001:DB8::0:1]", "[2001:db8::1]", 0},
                                         Read{"[2001:db8:0:0:1:0:0:1]", "[2001:db8::1:0:0:1]", 0},
                                         Read{"[::ffff:1.2.3.4]:8", "[::ffff:1.2.3.4]", 8}));

struct Refused {
  std::string_view text;
  UriFault fault;

  friend std::ostream& operator<<(std::ostream& out, Refused const& row) { return out << row.text; }
};

class AuthorityRefused : public testing::TestWithParam<Refused> {};

TEST_P(AuthorityRefused, with_its_reason) {
  Authority authority;
  EXPECT_EQ(parse_authority(GetParam().text, authority), GetParam().fault);
}

INSTANTIATE_TEST_SUITE_P(Ports, AuthorityRefused,
                         testing::Values(Refused{"h:0", UriFault::bad_port}, Refused{"h:65536", UriFault::bad_port},
                                         Refused{"h:65616", UriFault::bad_port},  // 80 to a reader that wraps at 16 bits
                                         Refused{"h:4294967376", UriFault::bad_port},
                                         Refused{"h:18446744073709551696", UriFault::bad_port},
                                         Refused{"h:+80", UriFault::bad_port}, Refused{"h:-1", UriFault::bad_port},
                                         Refused{"h:8o", UriFault::bad_port}, Refused{"h:80:80", UriFault::bad_port},
                                         Refused{"h:0x50", UriFault::bad_port}, Refused{"h:000080", UriFault::bad_port},
                                         Refused{"[::1]:65536", UriFault::bad_port}));

INSTANTIATE_TEST_SUITE_P(Hosts, AuthorityRefused,
                         testing::Values(Refused{"", UriFault::no_host}, Refused{".", UriFault::no_host},
                                         Refused{":80", UriFault::bad_host}, Refused{"a..b", UriFault::bad_host},
                                         Refused{".a", UriFault::bad_host}, Refused{"a..", UriFault::bad_host},
                                         Refused{"a%2eb", UriFault::bad_host}, Refused{"a*", UriFault::bad_host},
                                         Refused{"a,b", UriFault::bad_host}, Refused{"a/b", UriFault::bad_host},
                                         Refused{"a?b", UriFault::bad_host}, Refused{"a;b", UriFault::bad_host},
                                         Refused{"h\xc3\xb6", UriFault::bad_host}, Refused{"::1", UriFault::bad_host},
                                         Refused{"[::1", UriFault::bad_host}, Refused{"[]", UriFault::bad_host},
                                         Refused{"[::1]x", UriFault::bad_host}, Refused{"[::1]80", UriFault::bad_host},
                                         Refused{"[1.2.3.4]", UriFault::bad_host},
                                         Refused{"[fe80::1%25eth0]", UriFault::bad_host}, Refused{"[v1.x]", UriFault::bad_host},
                                         Refused{"[12345::]", UriFault::bad_host}, Refused{"[1::2::3]", UriFault::bad_host}));

INSTANTIATE_TEST_SUITE_P(
    HostsThatResolversTakeForIpv4, AuthorityRefused,
    testing::Values(Refused{"2130706433", UriFault::number_host}, Refused{"0x7f000001", UriFault::number_host},
                    Refused{"0X7F000001:80", UriFault::number_host}, Refused{"017700000001", UriFault::number_host},
                    Refused{"127.1", UriFault::number_host}, Refused{"127.0.1", UriFault::number_host},
                    Refused{"0177.0.0.1", UriFault::number_host}, Refused{"127.0.0.01", UriFault::number_host},
                    Refused{"0x7f.0.0.1", UriFault::number_host}, Refused{"127.0.0.0x1", UriFault::number_host},
                    Refused{"0xa9.0xfe.0xa9.0xfe", UriFault::number_host}, Refused{"2852039166:80", UriFault::number_host},
                    Refused{"0", UriFault::number_host}, Refused{"0x", UriFault::number_host},
                    Refused{"0X.", UriFault::number_host}, Refused{"127.1.", UriFault::number_host},
                    Refused{"127.0.0.1.", UriFault::number_host},  // a name to some, the address to others
                    Refused{"256.0.0.1", UriFault::number_host}, Refused{"1.2.3.4.5", UriFault::number_host},
                    Refused{"99999999999999999999", UriFault::number_host}, Refused{"name.9", UriFault::number_host},
                    Refused{"name.0xF", UriFault::number_host}, Refused{"127%2e0.0.1", UriFault::bad_host},
                    Refused{"%31%32%37.1", UriFault::bad_host}, Refused{"[127.1]", UriFault::bad_host}));

INSTANTIATE_TEST_SUITE_P(Bytes, AuthorityRefused,
                         testing::Values(Refused{"user@h", UriFault::userinfo}, Refused{"user:secret@h:80", UriFault::userinfo},
                                         Refused{"@h", UriFault::userinfo}, Refused{"a\\b", UriFault::backslash},
                                         Refused{"a\\@b", UriFault::backslash}, Refused{"a b", UriFault::control_byte},
                                         Refused{"a\tb", UriFault::control_byte}, Refused{"a\x7f", UriFault::control_byte},
                                         Refused{{"a\0b", 3}, UriFault::control_byte}, Refused{"h#", UriFault::fragment}));

TEST(Authority, takes_a_name_of_255_bytes_and_not_of_256) {
  Authority authority;
  EXPECT_EQ(parse_authority(std::string(255, 'a'), authority), UriFault::none);
  EXPECT_EQ(parse_authority(std::string(256, 'a'), authority), UriFault::bad_host);
}

TEST(Authority, says_a_port_only_where_it_is_not_the_default) {
  EXPECT_EQ((Authority{"h", 80}).text(80), "h");
  EXPECT_EQ((Authority{"h", 0}).text(80), "h");
  EXPECT_EQ((Authority{"h", 8080}).text(80), "h:8080");
  EXPECT_EQ((Authority{"[::1]", 1}).text(80), "[::1]:1");
}

TEST(LoopbackHost, is_a_loopback_name_or_address_of_this_machine_only) {
  for (auto const* host : {"localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]"})
    EXPECT_TRUE(is_loopback_host(host)) << host;
  for (auto const* host :
       {"localhost.example", "notlocalhost", ".localhost", "127.example", "127.0.0.1.example", "128.0.0.1", "[::2]", ""}) {
    EXPECT_FALSE(is_loopback_host(host)) << host;
  }
}

TEST(UriFault, is_described_each_by_its_own_words) {
  std::string seen;
  for (auto fault = UriFault::none; fault <= UriFault::not_absolute;
       fault = static_cast<UriFault>(static_cast<int>(fault) + 1)) {
    auto const text = std::string{describe(fault)} + '\n';
    EXPECT_EQ(seen.find(text), std::string::npos) << text;
    seen += text;
  }
}

}  // namespace
}  // namespace ambassador::uri_authority_test
