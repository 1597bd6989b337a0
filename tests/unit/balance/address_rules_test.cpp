// No spelling of an address, and no wrapping of one in another, reaches what its plain form may not.
#include "balance/address_rules.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace ambassador::balance::address_rules_test {
namespace {

using enum AddressClass;

struct Is {
  std::string_view text;
  AddressClass is;

  friend std::ostream& operator<<(std::ostream& out, Is const& row) { return out << row.text; }
};

class Addresses : public testing::TestWithParam<Is> {
 protected:
  IpAddress const address_ = *parse_ip_address(GetParam().text);
};

AddressRules rules(AddressPolicy policy, std::initializer_list<std::string_view> permitted = {}) {
  AddressRules out{policy, {}, {}};
  for (auto const text : permitted) out.permitted.push_back(*parse_ip_network(text));
  return out;
}

std::optional<AddressClass> refused_to(AddressPolicy policy, std::string_view address,
                                       std::initializer_list<std::string_view> permitted = {}) {
  return refusal(*parse_ip_address(address), rules(policy, permitted));
}

TEST_P(Addresses, have_their_class) { EXPECT_EQ(name(classify(address_)), name(GetParam().is)); }

TEST_P(Addresses, of_mapped_names_are_refused_from_reserved_on) {
  auto const expected = GetParam().is >= reserved ? std::optional{GetParam().is} : std::nullopt;
  EXPECT_EQ(refusal(address_, rules(AddressPolicy::mapped)), expected);
  EXPECT_EQ(refusal(address_, rules(AddressPolicy::unmapped)), expected);
}

TEST_P(Addresses, of_allowed_names_are_public) {
  auto const expected = GetParam().is != public_ ? std::optional{GetParam().is} : std::nullopt;
  EXPECT_EQ(refusal(address_, rules(AddressPolicy::allowed)), expected);
}

TEST_P(Addresses, that_the_configuration_writes_are_reached) {
  for (auto const policy : {AddressPolicy::mapped, AddressPolicy::allowed}) {
    auto literal = rules(policy);
    literal.literal = address_;
    EXPECT_EQ(refusal(address_, literal), std::nullopt);
    auto alone = rules(policy);
    alone.permitted.push_back({address_, 128});
    EXPECT_EQ(refusal(address_, alone), std::nullopt);
  }
}

TEST_P(Addresses, that_only_a_client_writes_are_not_opened_by_it) {
  auto literal = rules(AddressPolicy::unmapped);
  literal.literal = address_;
  literal.permitted.push_back({address_, 128});
  EXPECT_EQ(refusal(address_, literal).has_value(), GetParam().is >= reserved);
}

TEST_P(Addresses, are_opened_by_the_networks_of_all_addresses_only_where_they_are_not_the_worst) {
  EXPECT_EQ(refusal(address_, rules(AddressPolicy::allowed, {"0.0.0.0/0", "::/0"})).has_value(), GetParam().is >= reserved);
}

INSTANTIATE_TEST_SUITE_P(Public, Addresses,
                         testing::Values(Is{"8.8.8.8", public_}, Is{"1.0.0.0", public_}, Is{"9.255.255.255", public_},
                                         Is{"11.0.0.0", public_}, Is{"100.63.255.255", public_}, Is{"100.128.0.0", public_},
                                         Is{"126.255.255.255", public_}, Is{"128.0.0.0", public_},
                                         Is{"169.253.255.255", public_}, Is{"169.255.0.0", public_},
                                         Is{"172.15.255.255", public_}, Is{"172.32.0.0", public_}, Is{"192.0.1.0", public_},
                                         Is{"192.167.255.255", public_}, Is{"192.169.0.0", public_},
                                         Is{"198.17.255.255", public_}, Is{"198.20.0.0", public_},
                                         Is{"223.255.255.255", public_}, Is{"192.0.2.1", public_}, Is{"198.51.100.1", public_},
                                         Is{"203.0.113.1", public_}, Is{"2001:db8::1", public_},
                                         Is{"2606:4700:4700::1111", public_}, Is{"3fff::1", public_}));

INSTANTIATE_TEST_SUITE_P(OfOneNetwork, Addresses,
                         testing::Values(Is{"10.0.0.0", private_}, Is{"10.255.255.255", private_}, Is{"172.16.0.0", private_},
                                         Is{"172.31.255.255", private_}, Is{"192.168.0.0", private_},
                                         Is{"192.168.255.255", private_}, Is{"fc00::", private_}, Is{"fdff:ffff::1", private_},
                                         Is{"fd00:ec2::253", private_}, Is{"fec0::1", private_}, Is{"100.64.0.0", cgnat},
                                         Is{"100.127.255.255", cgnat}, Is{"198.18.0.0", special}, Is{"198.19.255.255", special},
                                         Is{"192.0.0.1", special}, Is{"100::1", special}, Is{"5f00::1", special},
                                         Is{"4000::1", special}, Is{"2001:2::1", special}, Is{"2001:10::1", special},
                                         Is{"fb00::1", special}));

INSTANTIATE_TEST_SUITE_P(OfThisMachine, Addresses,
                         testing::Values(Is{"127.0.0.1", loopback}, Is{"127.255.255.255", loopback}, Is{"::1", loopback},
                                         Is{"0.0.0.0", unspecified}, Is{"0.255.255.255", unspecified}, Is{"::", unspecified},
                                         Is{"::2", unspecified}));

INSTANTIATE_TEST_SUITE_P(OfManyOrNone, Addresses,
                         testing::Values(Is{"224.0.0.1", multicast}, Is{"239.255.255.255", multicast}, Is{"ff02::1", multicast},
                                         Is{"240.0.0.0", reserved}, Is{"255.255.255.254", reserved},
                                         Is{"255.255.255.255", broadcast}));

INSTANTIATE_TEST_SUITE_P(OfTheLink, Addresses,
                         testing::Values(Is{"169.254.0.0", link_local}, Is{"169.254.255.255", link_local},
                                         Is{"169.254.169.253", link_local}, Is{"fe80::1", link_local},
                                         Is{"febf:ffff::1", link_local}));

INSTANTIATE_TEST_SUITE_P(Metadata, Addresses,
                         testing::Values(Is{"169.254.169.254", metadata}, Is{"169.254.170.2", metadata},
                                         Is{"169.254.170.23", metadata}, Is{"169.254.42.42", metadata},
                                         Is{"169.254.0.23", metadata}, Is{"100.100.100.200", metadata},
                                         Is{"192.0.0.192", metadata}, Is{"168.63.129.16", metadata},
                                         Is{"fd00:ec2::254", metadata}, Is{"fd00:ec2::23", metadata},
                                         Is{"fd20:ce::254", metadata}, Is{"fd00:c1::a9fe:a9fe", metadata},
                                         Is{"fd00:42::42", metadata}, Is{"fe80::a9fe:a9fe", metadata}));

INSTANTIATE_TEST_SUITE_P(Spellings, Addresses,
                         testing::Values(Is{"[::ffff:169.254.169.254]", metadata}, Is{"[::ffff:a9fe:a9fe]", metadata},
                                         Is{"[0:0:0:0:0:FFFF:A9FE:A9FE]", metadata}, Is{"::ffff:127.0.0.1", loopback},
                                         Is{"::ffff:7f00:1", loopback}, Is{"::ffff:0:0", unspecified},
                                         Is{"::ffff:10.0.0.1", private_}, Is{"::ffff:8.8.8.8", public_},
                                         Is{"[0:0:0:0:0:0:0:1]", loopback}, Is{"[FD00:0EC2:0:0:0:0:0:0254]", metadata}));

INSTANTIATE_TEST_SUITE_P(CompatibleAndTranslated, Addresses,
                         testing::Values(Is{"::169.254.169.254", metadata}, Is{"::127.0.0.1", loopback},
                                         Is{"::10.0.0.1", private_}, Is{"::8.8.8.8", public_},
                                         Is{"::ffff:0:169.254.169.254", metadata}, Is{"::ffff:0:192.168.0.1", private_},
                                         Is{"::ffff:0:8.8.8.8", public_}));

INSTANTIATE_TEST_SUITE_P(Nat64, Addresses,
                         testing::Values(Is{"[64:ff9b::a9fe:a9fe]", metadata}, Is{"64:ff9b::169.254.1.1", link_local},
                                         Is{"64:ff9b::127.0.0.1", loopback}, Is{"64:ff9b::10.0.0.1", private_},
                                         Is{"64:ff9b::100.64.0.1", cgnat}, Is{"64:ff9b::0.0.0.0", unspecified},
                                         Is{"64:ff9b::224.0.0.1", multicast}, Is{"64:ff9b::8.8.8.8", public_},
                                         Is{"64:ff9b:0:0:0:1:8.8.8.8", special},  // not of the well-known prefix
                                         Is{"64:ff9b:1::8.8.8.8", private_}, Is{"64:ff9b:1::a9fe:a9fe", metadata},
                                         Is{"64:ff9b:1:2:3:4:127.0.0.1", loopback},
                                         Is{"64:ff9b:1:808:8:800::", private_},       // 8.8.8.8 behind 48 bits
                                         Is{"64:ff9b:1:a9fe:a9:fe00::", metadata},    // behind 48 bits
                                         Is{"64:ff9b:1:a9fe:a9:fe00:1:1", metadata},  // with a suffix
                                         Is{"64:ff9b:1:a9:fe:a9fe::", metadata},      // behind 56 bits
                                         Is{"64:ff9b:1:0:a9:fea9:fe00:0", metadata},  // behind 64 bits
                                         Is{"64:ff9b:1:0:7f:0:100:0", loopback}));    // behind 64 bits

INSTANTIATE_TEST_SUITE_P(Tunnels, Addresses,
                         testing::Values(Is{"[2002:a9fe:a9fe::]", metadata}, Is{"2002:7f00:1::1", loopback},
                                         Is{"2002:a00:1::1", private_}, Is{"2002::1", unspecified},
                                         Is{"2002:808:808::1", public_},
                                         Is{"2001:0:808:808::5601:5601", metadata},    // Teredo: the client's bits are inverted
                                         Is{"2001:0:808:808::80ff:fffe", loopback},    // 127.0.0.1
                                         Is{"2001:0:a9fe:a9fe::f7f7:f7f7", metadata},  // Teredo: the server
                                         Is{"2001:0:808:808::f7f7:f7f7", public_},     // 8.8.8.8
                                         Is{"2001:db8::5efe:a9fe:a9fe", metadata},     // ISATAP
                                         Is{"2001:db8::200:5efe:10.0.0.1", private_},  // ISATAP, of a unique address
                                         Is{"2001:db8::5efe:8.8.8.8", public_}, Is{"fe80::5efe:8.8.8.8", link_local},
                                         Is{"2002:808:808::5efe:127.0.0.1", loopback}));

TEST(Permitted, opens_what_the_network_contains) {
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "10.1.2.3", {"10.0.0.0/8"}), std::nullopt);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "10.1.2.3", {"192.168.0.0/16", "10.1.2.3/32"}), std::nullopt);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "10.1.2.3", {"10.2.0.0/16"}), private_);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "127.0.0.1", {"127.0.0.0/8"}), std::nullopt);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "100.64.0.1", {"0.0.0.0/0"}), std::nullopt);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "fd00::1", {"fd00::/8"}), std::nullopt);
}

TEST(Permitted, does_not_open_ipv4_by_a_network_of_ipv6) {
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "10.1.2.3", {"::/0"}), private_);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "fd00::1", {"0.0.0.0/0"}), private_);
}

TEST(Permitted, names_a_wrapped_address_by_its_own_network_not_by_the_one_inside) {
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "64:ff9b::10.0.0.1", {"10.0.0.0/8"}), private_);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "64:ff9b::10.0.0.1", {"64:ff9b::/96"}), std::nullopt);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "::ffff:10.0.0.1", {"10.0.0.0/8"}), std::nullopt);
}

TEST(Permitted, opens_the_link_only_by_a_network_inside_of_it) {
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "169.254.1.1", {"169.254.0.0/16"}), std::nullopt);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "169.254.1.1", {"169.254.1.0/24"}), std::nullopt);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "169.254.1.1", {"169.254.2.0/24"}), link_local);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "169.254.1.1", {"169.252.0.0/14"}), link_local);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "fe80::1", {"fe80::/64"}), std::nullopt);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "fe80::1", {"fe80::/9"}), link_local);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "64:ff9b::169.254.1.1", {"64:ff9b::/96"}), link_local);
  EXPECT_EQ(refused_to(AddressPolicy::mapped, "169.254.1.1", {"169.254.1.0/24"}), std::nullopt);
}

TEST(Permitted, opens_metadata_only_by_the_address_alone) {
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "169.254.169.254", {"169.254.169.254/32"}), std::nullopt);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "169.254.169.254", {"169.254.169.254/31"}), metadata);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "169.254.169.254", {"169.254.0.0/16"}), metadata);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "100.100.100.200", {"100.64.0.0/10"}), metadata);
  EXPECT_EQ(refused_to(AddressPolicy::allowed, "fd00:ec2::254", {"fd00::/8"}), metadata);
}

TEST(Literal, opens_nothing_but_itself) {
  auto literal = rules(AddressPolicy::mapped);
  literal.literal = parse_ip_address("169.254.169.254");
  EXPECT_EQ(refusal(*parse_ip_address("169.254.169.254"), literal), std::nullopt);
  EXPECT_EQ(refusal(*parse_ip_address("::ffff:a9fe:a9fe"), literal), std::nullopt);  // the same to the kernel
  EXPECT_EQ(refusal(*parse_ip_address("64:ff9b::a9fe:a9fe"), literal), metadata);
  EXPECT_EQ(refusal(*parse_ip_address("169.254.170.2"), literal), metadata);
}

TEST(AddressClass, is_named_each_by_its_own_words) {
  std::string seen;
  for (auto is = public_; is <= metadata; is = static_cast<AddressClass>(static_cast<int>(is) + 1)) {
    auto const text = std::string{name(is)} + '\n';
    EXPECT_EQ(seen.find(text), std::string::npos) << text;
    seen += text;
  }
}

}  // namespace
}  // namespace ambassador::balance::address_rules_test
