#include "command/redirect_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ambassador::command::redirect_rules_test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char empty_nat[] = "*nat\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";

RedirectRules const two_users{{1080, 1081}, 15001};

/// Where a line begins with `rule`; npos where none does.
std::size_t place(std::string const& text, std::string const& rule) { return ("\n" + text).find("\n" + rule); }

std::string without_indents(std::string const& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ' ' || (i > 0 && text[i - 1] != ' ' && text[i - 1] != '\n')) out += text[i];
  }
  return out;
}

TEST(RedirectRules, of_nft_replace_the_table_of_an_earlier_run_in_one_transaction) {
  EXPECT_EQ(nft_removal(), "add table inet ambassador\ndelete table inet ambassador\n");
  EXPECT_THAT(nft_installation(two_users), StartsWith(nft_removal() + "table inet ambassador {\n"));
}

TEST(RedirectRules, of_nft_name_every_user_and_the_port) {
  auto const text = nft_installation({{1080, 1081}, 16001});
  auto const first = text.find("meta skuid { 1080, 1081 } accept");
  ASSERT_NE(first, text.npos);
  EXPECT_NE(text.find("meta skuid { 1080, 1081 } accept", first + 1), text.npos) << "once for each chain";
  EXPECT_THAT(text, HasSubstr("meta l4proto tcp redirect to :16001\n"));
}

TEST(RedirectRules, of_nft_let_pass_before_they_redirect_and_reject) {
  auto const text = without_indents(nft_installation(two_users));
  auto const reject = text.find("chain reject_rest");
  auto const nat = text.substr(0, reject);
  auto const filter = text.substr(reject);
  for (std::string const rule :
       {"meta skuid", "oifname \"lo\" accept", "ip daddr 127.0.0.0/8 accept", "ip6 daddr ::1 accept", "tcp dport 53 accept"}) {
    EXPECT_LT(place(nat, rule), place(nat, "meta l4proto tcp redirect")) << rule;
    EXPECT_LT(place(filter, rule), place(filter, "meta l4proto tcp reject")) << rule;
  }
  EXPECT_LT(place(filter, "udp dport 53 accept"), place(filter, "reject with icmpx"));
  EXPECT_LT(place(filter, "ct state established accept"), place(filter, "reject with icmpx"));
}

struct IptablesRow {
  IpVersion version;
  Table table;
  std::string last;  ///< what becomes of the rest
};

class RedirectRulesOfIptables : public testing::TestWithParam<IptablesRow> {};

TEST_P(RedirectRulesOfIptables, pass_what_is_left_alone_and_then_end_with_the_rest) {
  auto const& [version, table, last] = GetParam();
  std::string const name = table == Table::nat ? "AMBASSADOR_REDIRECT" : "AMBASSADOR_REJECT";
  auto const text = iptables_installation(two_users, version, table, {});
  EXPECT_THAT(text, StartsWith((table == Table::nat ? "*nat\n:" : "*filter\n:") + name + " - [0:0]\n"));
  auto const end = place(text, "-A " + name + " " + last + "\n-I OUTPUT 1 -j " + name + "\nCOMMIT\n");
  ASSERT_NE(end, text.npos) << text;
  std::string const loopback = version == IpVersion::v4 ? "-d 127.0.0.0/8" : "-d ::1/128";
  for (std::string const match :
       {"-o lo", loopback.c_str(), "-m owner --uid-owner 1080", "-m owner --uid-owner 1081", "-p tcp --dport 53"}) {
    EXPECT_LT(place(text, "-A " + name + " " + match + " -j RETURN\n"), end) << match << "\n" << text;
  }
}

INSTANTIATE_TEST_SUITE_P(
    , RedirectRulesOfIptables,
    testing::Values(IptablesRow{IpVersion::v4, Table::nat, "-p tcp -j REDIRECT --to-ports 15001"},
                    IptablesRow{IpVersion::v6, Table::nat, "-p tcp -j REDIRECT --to-ports 15001"},
                    IptablesRow{IpVersion::v4, Table::filter, "-j REJECT --reject-with icmp-port-unreachable"},
                    IptablesRow{IpVersion::v6, Table::filter, "-j REJECT --reject-with icmp6-port-unreachable"}));

TEST(RedirectRules, of_the_filter_let_neighbour_discovery_pass_on_ipv6_alone) {
  auto const v6 = iptables_installation(two_users, IpVersion::v6, Table::filter, {});
  EXPECT_LT(place(v6, "-A AMBASSADOR_REJECT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j RETURN\n"),
            place(v6, "-A AMBASSADOR_REJECT -j REJECT"));
  EXPECT_THAT(iptables_installation(two_users, IpVersion::v4, Table::filter, {}), Not(HasSubstr("icmp6")));
}

TEST(RedirectRules, take_away_each_jump_of_an_earlier_run_but_none_of_others) {
  auto const saved =
      "*nat\n:OUTPUT ACCEPT [0:0]\n:AMBASSADOR_REDIRECT - [0:0]\n-A OUTPUT -j AMBASSADOR_REDIRECT\n"
      "-A OUTPUT -j AMBASSADOR_REDIRECT_OF_OTHERS\n-A OUTPUT -j AMBASSADOR_REDIRECT\nCOMMIT\n";
  EXPECT_THAT(iptables_installation(two_users, IpVersion::v4, Table::nat, saved),
              StartsWith("*nat\n:AMBASSADOR_REDIRECT - [0:0]\n-D OUTPUT -j AMBASSADOR_REDIRECT\n"
                         "-D OUTPUT -j AMBASSADOR_REDIRECT\n-A AMBASSADOR_REDIRECT "));
  EXPECT_EQ(iptables_removal(Table::nat, saved),
            "*nat\n:AMBASSADOR_REDIRECT - [0:0]\n-D OUTPUT -j AMBASSADOR_REDIRECT\n-D OUTPUT -j AMBASSADOR_REDIRECT\n"
            "-X AMBASSADOR_REDIRECT\nCOMMIT\n");
}

TEST(RedirectRules, remove_nothing_where_nothing_is_ours) {
  EXPECT_EQ(iptables_removal(Table::nat, empty_nat), "");
  EXPECT_EQ(iptables_removal(Table::filter, ""), "");
}

}  // namespace
}  // namespace ambassador::command::redirect_rules_test
