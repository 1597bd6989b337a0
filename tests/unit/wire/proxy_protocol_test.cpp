// Whose connection it is, as a load balancer says it: exactly as the specification has it, or refused.
#include "wire/proxy_protocol.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace ambassador::wire::proxy_protocol_test {
namespace {

using State = ProxyHeaderRead::State;

/// What is read, in one line; of a complete header also how many bytes are left.
std::string read(std::string_view bytes) {
  auto const header = read_proxy_header(bytes);
  if (header.state == State::need_more) return "need more";
  if (header.state == State::malformed) return std::string{header.why};
  auto const left = " +" + std::to_string(bytes.size() - header.size);
  if (!header.connection) return "local" + left;
  auto const& [source, destination] = *header.connection;
  return to_string(source.address) + ' ' + std::to_string(source.port) + " -> " + to_string(destination.address) + ' ' +
         std::to_string(destination.port) + left;
}

/// Version 2 with `command` and `family` as its 13th and 14th byte.
std::string binary(unsigned command, unsigned family, std::string_view block) {
  std::string out{"\r\n\r\n\0\r\nQUIT\n", 12};
  for (auto const byte :
       {command, family, static_cast<unsigned>(block.size() >> 8), static_cast<unsigned>(block.size() & 0xff)})
    out.push_back(static_cast<char>(byte));
  return out.append(block);
}

std::string const v4_block{"\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb", 12};
std::string const v6_block = "\x20\x01\x0d\xb8" + std::string(11, '\0') + "\x01\x20\x01\x0d\xb8" + std::string(11, '\0') +
                             std::string{"\x02\xdc\x04\x01\xbb", 5};
constexpr auto v4_ends = "192.0.2.1 56324 -> 198.51.100.2 443";
constexpr auto v6_ends = "2001:db8::1 56324 -> 2001:db8::2 443";

struct Row {
  std::string bytes;
  std::string is;

  friend std::ostream& operator<<(std::ostream& out, Row const& row) { return out << testing::PrintToString(row.bytes); }
};

class ProxyHeader : public testing::TestWithParam<Row> {};

TEST_P(ProxyHeader, says_whose_connection_it_is) {
  auto const& [bytes, is] = GetParam();
  EXPECT_EQ(read(bytes), is + " +0");
  EXPECT_EQ(read(bytes + "GET / HTTP/1.1\r\n\r\n"), is + " +18");
}

TEST_P(ProxyHeader, waits_for_its_last_byte) {
  auto const& bytes = GetParam().bytes;
  for (std::size_t size = 0; size < bytes.size(); ++size)
    ASSERT_EQ(read(std::string_view{bytes}.substr(0, size)), "need more") << size;
}

INSTANTIATE_TEST_SUITE_P(
    Lines, ProxyHeader,
    testing::Values(
        Row{"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", v4_ends},
        Row{"PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n", "255.255.255.255 65535 -> 0.0.0.0 0"},
        Row{"PROXY TCP6 2001:db8::1 2001:DB8:0:0:0:0:0:2 56324 443\r\n", v6_ends},
        Row{"PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c633:6402 56324 443\r\n", v4_ends}, Row{"PROXY UNKNOWN\r\n", "local"},
        Row{"PROXY UNKNOWN whatever comes\r\n", "local"},
        Row{"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            "local"}));

INSTANTIATE_TEST_SUITE_P(Binary, ProxyHeader,
                         testing::Values(Row{binary(0x21, 0x11, v4_block), v4_ends}, Row{binary(0x21, 0x21, v6_block), v6_ends},
                                         Row{binary(0x21, 0x11, v4_block + std::string{"\x04\x00\x01x", 4}), v4_ends},
                                         Row{binary(0x21, 0x11, v4_block + std::string(4096 - 28, 'x')), v4_ends},
                                         Row{binary(0x20, 0x00, ""), "local"}, Row{binary(0x20, 0xff, "skipped"), "local"},
                                         Row{binary(0x20, 0x11, v4_block), "local"}, Row{binary(0x21, 0x00, ""), "local"},
                                         Row{binary(0x21, 0x00, "skipped"), "local"},
                                         Row{binary(0x21, 0x10, v4_block), "local"}, Row{binary(0x21, 0x12, v4_block), "local"},
                                         Row{binary(0x21, 0x22, v6_block), "local"},
                                         Row{binary(0x21, 0x31, std::string(216, 'u')), "local"}));

class ProxyHeaderMalformed : public testing::TestWithParam<Row> {};

TEST_P(ProxyHeaderMalformed, with_its_reason) { EXPECT_EQ(read(GetParam().bytes), GetParam().is); }

TEST_P(ProxyHeaderMalformed, however_it_is_cut) {
  auto const& [bytes, is] = GetParam();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    auto const text = read(std::string_view{bytes}.substr(0, size));
    ASSERT_TRUE(text == "need more" || text == is) << size << ": " << text;
  }
}

constexpr auto none = "the connection does not begin with a PROXY header";
constexpr auto no_crlf = "the PROXY line does not end in CRLF";
constexpr auto bad_parts = "a PROXY line does not hold two addresses and two ports";
constexpr auto bad_address = "an address of the PROXY line is not one of its family";
constexpr auto bad_port = "a port of the PROXY line is not a plain number up to 65535";
constexpr auto bad_family = "the PROXY line is for no family that we know";

INSTANTIATE_TEST_SUITE_P(Nothing, ProxyHeaderMalformed,
                         testing::Values(Row{"GET / HTTP/1.1\r\n", none}, Row{"P\r\n", none}, Row{"proxy TCP4 ", none},
                                         Row{"PROXY\tTCP4 ", none}, Row{"\r\nPROXY ", none}, Row{"\r\n\r\n\r\n", none},
                                         Row{"\x16\x03\x01", none}));

INSTANTIATE_TEST_SUITE_P(
    Lines, ProxyHeaderMalformed,
    testing::Values(
        Row{"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n", no_crlf},
        Row{"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\rG", no_crlf},
        Row{"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n\r\n", no_crlf}, Row{"PROXY UNKNOWN \n\r\n", no_crlf},
        Row{"PROXY \r\n", bad_family}, Row{"PROXY  TCP4 1.1.1.1 1.1.1.1 1 1\r\n", bad_family},
        Row{"PROXY TCP5 1.1.1.1 1.1.1.1 1 1\r\n", bad_family}, Row{"PROXY tcp4 1.1.1.1 1.1.1.1 1 1\r\n", bad_family},
        Row{"PROXY UNKNOWNS\r\n", bad_family}, Row{"PROXY TCP4\r\n", bad_parts},
        Row{"PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n", bad_parts}, Row{"PROXY TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n", bad_parts},
        Row{"PROXY TCP4 1.1.1.1 1.1.1.1 1 1 \r\n", bad_parts}, Row{"PROXY TCP4 1.1.1.1  1.1.1.1 1 1\r\n", bad_parts},
        Row{"PROXY TCP4 1.1.1.1  1.1.1.1 1\r\n", bad_address}, Row{"PROXY TCP4 01.1.1.1 1.1.1.1 1 1\r\n", bad_address},
        Row{"PROXY TCP4 1.1.1.1 1.1.1.256 1 1\r\n", bad_address}, Row{"PROXY TCP4 1.1.1 1.1.1.1 1 1\r\n", bad_address},
        Row{"PROXY TCP4 ::1 ::1 1 1\r\n", bad_address}, Row{"PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n", bad_address},
        Row{"PROXY TCP6 ::1 1.1.1.1 1 1\r\n", bad_address}, Row{"PROXY TCP6 [::1] [::1] 1 1\r\n", bad_address},
        Row{"PROXY TCP6 fe80::1%1 ::1 1 1\r\n", bad_address}, Row{"PROXY TCP4 a.example 1.1.1.1 1 1\r\n", bad_address},
        Row{"PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n", bad_port}, Row{"PROXY TCP4 1.1.1.1 1.1.1.1 1 00\r\n", bad_port},
        Row{"PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n", bad_port}, Row{"PROXY TCP4 1.1.1.1 1.1.1.1 1 99999\r\n", bad_port},
        Row{"PROXY TCP4 1.1.1.1 1.1.1.1 -1 1\r\n", bad_port}, Row{"PROXY TCP4 1.1.1.1 1.1.1.1 +1 1\r\n", bad_port},
        Row{"PROXY TCP4 1.1.1.1 1.1.1.1 1 1x\r\n", bad_port}, Row{"PROXY TCP4 1.1.1.1 1.1.1.1 1 \r\n", bad_port},
        Row{"PROXY UNKNOWN " + std::string(92, 'x') + "\r\n", "the PROXY line is longer than 107 bytes"}));

INSTANTIATE_TEST_SUITE_P(
    Binary, ProxyHeaderMalformed,
    testing::Values(Row{binary(0x11, 0x11, v4_block), "the PROXY header is of another version than 2"},
                    Row{binary(0x31, 0x11, v4_block), "the PROXY header is of another version than 2"},
                    Row{binary(0x22, 0x11, v4_block), "the PROXY header's command is neither LOCAL nor PROXY"},
                    Row{binary(0x21, 0x41, v6_block), "the PROXY header is for no family or protocol that there is"},
                    Row{binary(0x21, 0x13, v6_block), "the PROXY header is for no family or protocol that there is"},
                    Row{binary(0x21, 0x11, v4_block.substr(1)), "the PROXY header is too short for its addresses"},
                    Row{binary(0x21, 0x11, ""), "the PROXY header is too short for its addresses"},
                    Row{binary(0x21, 0x21, v6_block.substr(1)), "the PROXY header is too short for its addresses"},
                    Row{binary(0x21, 0x31, v6_block), "the PROXY header is too short for its addresses"},
                    Row{binary(0x21, 0x11, std::string(4096 - 15, 'x')), "the PROXY header is longer than 4 KiB"},
                    Row{binary(0x20, 0x00, std::string(65535, 'x')), "the PROXY header is longer than 4 KiB"}));

TEST(ProxyHeaderWritten, is_the_one_of_the_specification) {
  ProxiedConnection const v4{{IpAddress::v4(0xc0000201), 56324}, {IpAddress::v4(0xc6336402), 443}};
  ProxiedConnection const v6{{*parse_ip_address("2001:db8::1"), 56324}, {*parse_ip_address("2001:db8::2"), 443}};
  std::string out = "before";
  append_proxy_line(out, v4);
  append_proxy_line(out, v6);
  EXPECT_EQ(out, "beforePROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\nPROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n");
  out = "before";
  append_proxy_header(out, v4);
  append_proxy_header(out, v6);
  EXPECT_EQ(out, "before" + binary(0x21, 0x11, v4_block) + binary(0x21, 0x21, v6_block));
}

TEST(ProxyHeaderWritten, has_both_ends_in_one_family) {
  ProxiedConnection const mixed{{IpAddress::v4(0xc0000201), 1}, {*parse_ip_address("2001:db8::2"), 2}};
  std::string line;
  append_proxy_line(line, mixed);
  EXPECT_EQ(line, "PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 1 2\r\n");
  EXPECT_EQ(read_proxy_header(line).connection, mixed);
  std::string binary;
  append_proxy_header(binary, mixed);
  EXPECT_EQ(binary[13], 0x21);
  EXPECT_EQ(read_proxy_header(binary).connection, mixed);
}

}  // namespace
}  // namespace ambassador::wire::proxy_protocol_test
