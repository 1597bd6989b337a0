// Addresses and networks have one spelling going out, and no second meaning coming in.
#include "base/ip_address.hpp"

#include <gtest/gtest.h>

namespace ambassador::ip_address_test {
namespace {

TEST(IpAddress, has_one_text_whatever_it_was_read_from) {
  struct Row {
    std::string_view text;
    std::string_view canonical;
  };
  for (auto const& [text, canonical] :
       {Row{"192.0.2.1", "192.0.2.1"}, Row{"0.0.0.0", "0.0.0.0"}, Row{"255.255.255.255", "255.255.255.255"},
        Row{"2001:DB8::0:1", "2001:db8::1"}, Row{"[2001:db8::1]", "2001:db8::1"}, Row{"::", "::"}, Row{"[::1]", "::1"},
        Row{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"}, Row{"::ffff:169.254.169.254", "169.254.169.254"},
        Row{"::ffff:a9fe:a9fe", "169.254.169.254"}, Row{"[0:0:0:0:0:FFFF:A9FE:A9FE]", "169.254.169.254"},
        Row{"64:ff9b::169.254.169.254", "64:ff9b::a9fe:a9fe"}}) {
    auto const address = parse_ip_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(to_string(*address), canonical) << text;
    EXPECT_EQ(parse_ip_address(canonical), address) << text;
  }
}

TEST(IpAddress, is_read_from_its_plain_forms_only) {
  for (auto const* text : {"",          "1",       "127.1",        "0177.0.0.1", "127.0.0.01", "0x7f.0.0.1",   "2130706433",
                           "256.0.0.1", "1.2.3",   "1.2.3.4.5",    "1.2.3.4.",   " 1.2.3.4",   "1.2.3.4 ",     "1.2.3.4:80",
                           "[1.2.3.4]", "[]",      "[::1",         "::1]",       "[[::1]]",    "fe80::1%eth0", "fe80::1%25eth0",
                           "1::2::3",   "12345::", "::ffff:127.1", "localhost"}) {
    EXPECT_FALSE(parse_ip_address(text)) << text;
  }
}

TEST(IpAddress, is_ipv4_also_where_it_is_mapped) {
  EXPECT_EQ(parse_ip_address("::ffff:1.2.3.4"), IpAddress::v4(0x01020304));
  EXPECT_TRUE(parse_ip_address("::ffff:1.2.3.4")->is_v4());
  EXPECT_EQ(parse_ip_address("1.2.3.4")->low_bits(), 0x01020304U);
  for (auto const* text : {"::1.2.3.4", "::fffe:1.2.3.4", "1::ffff:1.2.3.4", "64:ff9b::1.2.3.4"})
    EXPECT_FALSE(parse_ip_address(text)->is_v4()) << text;
}

TEST(LooksLikeIpv4, is_what_a_resolver_would_not_look_up) {
  for (auto const* host : {"127.0.0.1", "127.1", "0", "2130706433", "0x7f.1", "0X7F000001", "0x", "a.0x", "0177.0.0.1",
                           "127.1.", "name.9", "name.0xfF", "08", "1.2.3.4.5"}) {
    EXPECT_TRUE(looks_like_ipv4(host)) << host;
  }
  for (auto const* host : {"",    ".",    "name", "name.", "9a", "1.2.3.4a", "9.name", "0x7g",          "0xx",       "0y1",
                           "1x0", "00x1", "x0",   "-1",    "1-", "1_0",      "[::1]",  "[::127.0.0.1]", "1.2.3.0xg", "xn--9"}) {
    EXPECT_FALSE(looks_like_ipv4(host)) << host;
  }
}

TEST(IpNetwork, has_one_text_whatever_it_was_read_from) {
  struct Row {
    std::string_view text;
    std::string_view canonical;
  };
  for (auto const& [text, canonical] :
       {Row{"10.0.0.0/8", "10.0.0.0/8"}, Row{"0.0.0.0/0", "0.0.0.0/0"}, Row{"10.1.2.3", "10.1.2.3"},
        Row{"10.1.2.3/32", "10.1.2.3"}, Row{"fd00::/8", "fd00::/8"}, Row{"::/0", "::/0"}, Row{"[::1]", "::1"},
        Row{"::1/128", "::1"}, Row{"FE80::/10", "fe80::/10"}, Row{"10.0.0.0/08", "10.0.0.0/8"}}) {
    auto const network = parse_ip_network(text);
    ASSERT_TRUE(network) << text;
    EXPECT_EQ(to_string(*network), canonical) << text;
    EXPECT_EQ(parse_ip_network(canonical), network) << text;
  }
}

TEST(IpNetwork, is_refused_where_it_is_not_one) {
  for (auto const* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8",
                           "10/8", "::/129", "::1/64", "fd00::/0008", "10.0.0.0/8 ", "10.0.0.0/255.0.0.0"}) {
    EXPECT_FALSE(parse_ip_network(text)) << text;
  }
}

TEST(IpNetwork, contains_what_agrees_in_all_bits_of_the_prefix) {
  struct Row {
    std::string_view network;
    std::string_view first;
    std::string_view last;
    std::string_view before;
    std::string_view behind;
  };
  for (auto const& row : {Row{"10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
                          Row{"172.16.0.0/12", "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"},
                          Row{"192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.6", "192.0.2.8"},
                          Row{"fe80::/10", "fe80::", "febf:ffff::", "fe7f:ffff::", "fec0::"},
                          Row{"2001:db8::/33", "2001:db8::", "2001:db8:7fff::", "2001:db7:ffff::", "2001:db8:8000::"}}) {
    auto const network = parse_ip_network(row.network);
    ASSERT_TRUE(network) << row.network;
    EXPECT_TRUE(network->contains(*parse_ip_address(row.first))) << row.network;
    EXPECT_TRUE(network->contains(*parse_ip_address(row.last))) << row.network;
    EXPECT_FALSE(network->contains(*parse_ip_address(row.before))) << row.network;
    EXPECT_FALSE(network->contains(*parse_ip_address(row.behind))) << row.network;
  }
  EXPECT_FALSE(parse_ip_network("0.0.0.0/0")->contains(*parse_ip_address("2001:db8::1")));
}

}  // namespace
}  // namespace ambassador::ip_address_test
