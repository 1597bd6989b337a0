#include "command/redirect_rules.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstddef>

namespace ambassador::command {
namespace {

// Both hooks of OUTPUT. NAT is asked for the first packet of a connection only; the filter comes behind it. There, a
// packet that was just redirected still names the interface it was first routed to: hence loopback addresses beside lo.
// RELATED is for ICMP errors alone, or a protocol helper of the kernel could open connections past the rules.
constexpr char nft_table[] = R"(table inet ambassador {{
  chain redirect_tcp {{
    type nat hook output priority -100; policy accept;
    meta skuid {{ {uids} }} accept
    oifname "lo" accept
    ip daddr 127.0.0.0/8 accept
    ip6 daddr ::1 accept
    tcp dport 53 accept
    meta l4proto tcp redirect to :{port}
  }}
  chain reject_rest {{
    type filter hook output priority 0; policy accept;
    ct state established accept
    meta l4proto {{ icmp, ipv6-icmp }} ct state related accept
    oifname "lo" accept
    ip daddr 127.0.0.0/8 accept
    ip6 daddr ::1 accept
    meta skuid {{ {uids} }} accept
    udp dport 53 accept
    tcp dport 53 accept
    icmpv6 type {{ mld-listener-report, mld-listener-reduction, nd-router-solicit }} accept
    icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert, mld2-listener-report }} accept
    meta l4proto tcp reject with tcp reset
    reject with icmpx type port-unreachable
  }}
}}
)";

/// RFC 4861, 2710, 3810: without these a machine loses its neighbours, its routers and its solicited-node groups.
constexpr std::array<int, 6> needed_icmpv6_types{131, 132, 133, 135, 136, 143};

constexpr char const* name(Table table) { return table == Table::nat ? "nat" : "filter"; }

constexpr char const* chain(Table table) { return table == Table::nat ? "AMBASSADOR_REDIRECT" : "AMBASSADOR_REJECT"; }

std::string jump(Table table) { return fmt::format("OUTPUT -j {}\n", chain(table)); }

/// How many rules of OUTPUT lead to our chain.
std::size_t jumps_in(std::string_view saved, Table table) {
  auto const rule = "-A " + jump(table);
  std::size_t count = 0;
  for (auto at = saved.find(rule); at != std::string_view::npos; at = saved.find(rule, at + rule.size())) ++count;
  return count;
}

/// Rules that end our chain for what matches, so that those of others still see it.
class Passes {
 public:
  explicit Passes(Table table) : chain_{chain(table)} {}
  void operator()(std::string_view match) { text_ += fmt::format("-A {} {} -j RETURN\n", chain_, match); }
  void last(std::string_view rule) { text_ += fmt::format("-A {} {}\n", chain_, rule); }
  [[nodiscard]] std::string const& text() const noexcept { return text_; }

 private:
  char const* chain_;
  std::string text_;
};

void pass_own_and_loopback(Passes& pass, RedirectRules const& rules, IpVersion version) {
  pass("-o lo");
  pass(version == IpVersion::v4 ? "-d 127.0.0.0/8" : "-d ::1/128");
  for (auto const uid : rules.uids) pass(fmt::format("-m owner --uid-owner {}", uid));
}

std::string nat_chain(RedirectRules const& rules, IpVersion version) {
  Passes pass{Table::nat};
  pass_own_and_loopback(pass, rules, version);
  pass("-p tcp --dport 53");
  pass.last(fmt::format("-p tcp -j REDIRECT --to-ports {}", rules.port));
  return pass.text();
}

std::string filter_chain(RedirectRules const& rules, IpVersion version) {
  bool const v4 = version == IpVersion::v4;
  Passes pass{Table::filter};
  pass("-m conntrack --ctstate ESTABLISHED");
  pass(fmt::format("-p {} -m conntrack --ctstate RELATED", v4 ? "icmp" : "ipv6-icmp"));
  pass_own_and_loopback(pass, rules, version);
  pass("-p udp --dport 53");
  pass("-p tcp --dport 53");
  if (!v4) {
    for (auto const type : needed_icmpv6_types) pass(fmt::format("-p ipv6-icmp -m icmp6 --icmpv6-type {}", type));
  }
  pass.last("-p tcp -j REJECT --reject-with tcp-reset");
  pass.last(fmt::format("-j REJECT --reject-with {}", v4 ? "icmp-port-unreachable" : "icmp6-port-unreachable"));
  return pass.text();
}

/// Opens the table, empties our chain or makes it, and takes away the jumps to it.
std::string begin(Table table, std::string_view saved) {
  auto text = fmt::format("*{}\n:{} - [0:0]\n", name(table), chain(table));
  for (auto left = jumps_in(saved, table); left > 0; --left) text += "-D " + jump(table);
  return text;
}

}  // namespace

std::string nft_installation(RedirectRules const& rules) {
  return nft_removal() + fmt::format(nft_table, fmt::arg("uids", fmt::join(rules.uids, ", ")), fmt::arg("port", rules.port));
}

std::string nft_removal() { return "add table inet ambassador\ndelete table inet ambassador\n"; }

std::string iptables_installation(RedirectRules const& rules, IpVersion version, Table table, std::string_view saved) {
  auto const own = table == Table::nat ? nat_chain(rules, version) : filter_chain(rules, version);
  return begin(table, saved) + own + "-I OUTPUT 1 -j " + chain(table) + "\nCOMMIT\n";
}

std::string iptables_removal(Table table, std::string_view saved) {
  if (saved.find(fmt::format("\n:{} ", chain(table))) == std::string_view::npos) return {};
  return begin(table, saved) + "-X " + chain(table) + "\nCOMMIT\n";
}

}  // namespace ambassador::command
