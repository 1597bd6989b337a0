// The name that a TLS client asks for: read once, in one form, and never where another reader could find another one.
#include "wire/tls/client_hello.hpp"

#include "client_hellos.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <utility>

namespace ambassador::wire::tls::client_hello_test {
namespace {

using State = ClientHelloRead::State;

/// What is read of a client, in one line.
std::string text_of(ClientHelloRead const& read) {
  switch (read.state) {
    case State::need_more: return "need more";
    case State::not_tls: return "not TLS";
    case State::malformed: return std::string{read.why};
    case State::complete: break;
  }
  auto text = read.hello.server_name.value_or("no name");
  for (auto const& protocol : read.hello.alpn) text += ' ' + protocol;
  return read.hello.encrypted ? text + " encrypted" : text;
}

std::string read(std::string_view bytes) { return text_of(read_client_hello(bytes)); }

std::string number(std::size_t value, std::size_t size) {
  std::string out;
  while (size-- > 0) out.push_back(static_cast<char>(value >> (8 * size) & 0xff));
  return out;
}

/// A vector behind its length, which is of so many bytes.
std::string vector(std::string_view bytes, std::size_t size) { return number(bytes.size(), size).append(bytes); }

std::string extension(std::size_t type, std::string_view data) { return number(type, 2) + vector(data, 2); }

std::string host_name(std::string_view name) { return '\0' + vector(name, 2); }

std::string name_extension(std::string_view name) { return extension(0, vector(host_name(name), 2)); }

std::string record(std::string_view payload) { return std::string{"\x16\x03\x01"} + vector(payload, 2); }

std::string message(std::string_view body) { return '\x01' + vector(body, 3); }

std::string body_start() {
  return "\x03\x03" + std::string(32, 'r') + vector("", 1) + vector("\x13\x01", 2) + vector({"\0", 1}, 1);
}

std::string hello(std::string_view extensions) { return record(message(body_start() + vector(extensions, 2))); }

/// The payload of a hello anew in records of so many bytes.
std::string in_records(std::string_view payload, std::size_t size) {
  std::string out;
  for (; !payload.empty(); payload.remove_prefix(std::min(size, payload.size()))) out += record(payload.substr(0, size));
  return out;
}

std::string many_protocols() {
  std::string text;
  for (int i = 0; i < 80; ++i) {
    text += " proto0";
    text += static_cast<char>('0' + i / 10);
    text += static_cast<char>('0' + i % 10);
  }
  return text;
}

TEST(ClientHello, is_read_from_real_clients_however_it_is_cut) {
  for (auto const& [hex, expected] : {std::pair{openssl_1_3, std::string{"numbers-api.example"}},
                                      {openssl_1_0, "numbers-api.example"},
                                      {openssl_in_two_records, "numbers-api.example" + many_protocols()},
                                      {openssl_without_name, "no name"},
                                      {python_1_2, "numbers-api.example"},
                                      {python_1_3, "numbers-api.example h2 http/1.1"}}) {
    auto const bytes = from_hex(hex);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      ASSERT_EQ(read(std::string_view{bytes}.substr(0, size)), "need more") << expected << " cut at " << size;
    EXPECT_EQ(read(bytes), expected);
    EXPECT_EQ(read(bytes + "early data"), expected);
  }
}

TEST(ClientHello, is_the_same_in_records_of_any_size) {
  auto const bytes = from_hex(python_1_3);
  auto const payload = std::string_view{bytes}.substr(5);
  for (std::size_t size = 1; size <= payload.size(); ++size)
    ASSERT_EQ(read(in_records(payload, size)), "numbers-api.example h2 http/1.1") << size;
}

TEST(ClientHello, gives_the_name_in_the_form_in_which_hosts_are_compared) {
  EXPECT_EQ(read(hello(name_extension("Orders.SHOP"))), "orders.shop");
  EXPECT_EQ(read(hello(name_extension("orders.shop."))), "orders.shop");
  EXPECT_EQ(read(hello(name_extension("xn--bcher-kva.example"))), "xn--bcher-kva.example");
  EXPECT_EQ(read(hello(name_extension("192.0.2.1"))), "192.0.2.1");  // not allowed by RFC 6066, sent by some all the same
}

TEST(ClientHello, may_have_no_name_and_no_extensions) {
  EXPECT_EQ(read(hello("")), "no name");
  EXPECT_EQ(read(record(message(body_start()))), "no name");
  EXPECT_EQ(read(hello(extension(0x0a0a, "") + extension(23, ""))), "no name");
}

TEST(ClientHello, is_read_past_grease_and_what_is_not_known) {
  auto const grease = extension(0x1a1a, "") + extension(0x4a4a, "x");
  auto const alpn = extension(16, vector(vector("\x5a\x5a", 1) + vector("h2", 1), 2));
  EXPECT_EQ(read(hello(grease + name_extension("a.example") + alpn + extension(0xeaea, "0"))), "a.example \x5a\x5a h2");
}

TEST(ClientHello, says_that_a_name_may_be_hidden) {
  EXPECT_EQ(read(hello(name_extension("front.example") + extension(0xfe0d, "anything"))), "front.example encrypted");
}

TEST(ClientHello, is_of_any_version_of_tls) {
  auto bytes = hello(name_extension("a.example"));
  for (char const version : {'\0', '\x01', '\x02', '\x03', '\x04'}) {
    bytes[2] = version;
    EXPECT_EQ(read(bytes), "a.example");
    bytes[10] = version;
    EXPECT_EQ(read(bytes), "a.example");
  }
}

TEST(ClientHello, is_not_looked_for_in_what_is_not_tls) {
  for (auto const* bytes : {"GET / HTTP/1.1\r\n", "\x15\x03", "\x80\x2e\x01", "\x16\x02", "\x16GET", "\x17"})
    EXPECT_EQ(read(bytes), "not TLS") << bytes;
  for (auto const* bytes : {"", "\x16", "\x16\x03"}) EXPECT_EQ(read(bytes), "need more");
}

struct Malformed {
  std::string_view what;
  std::string bytes;
  std::string_view why;

  friend std::ostream& operator<<(std::ostream& out, Malformed const& row) { return out << row.what; }
};

class ClientHelloMalformed : public testing::TestWithParam<Malformed> {};

TEST_P(ClientHelloMalformed, with_its_reason) { EXPECT_EQ(read(GetParam().bytes), GetParam().why); }

/// Cut anywhere, it never passes for complete on the way.
TEST_P(ClientHelloMalformed, however_it_is_cut) {
  for (std::size_t size = 0; size < GetParam().bytes.size(); ++size) {
    auto const text = read(std::string_view{GetParam().bytes}.substr(0, size));
    ASSERT_TRUE(text == "need more" || text == GetParam().why) << size << ": " << text;
  }
}

constexpr auto no_name = "the server_name is not a host name";
constexpr auto two_names = "there is more than one server_name";
constexpr auto cut_name = "the server_name extension is cut short";

INSTANTIATE_TEST_SUITE_P(
    Names, ClientHelloMalformed,
    testing::Values(Malformed{"empty", hello(name_extension("")), no_name},
                    Malformed{"dot", hello(name_extension(".")), no_name},
                    Malformed{"nul", hello(name_extension({"a\0b", 3})), no_name},
                    Malformed{"port", hello(name_extension("a:443")), no_name},
                    Malformed{"empty port", hello(name_extension("a:")), no_name},
                    Malformed{"IPv6", hello(name_extension("::1")), no_name},
                    Malformed{"brackets", hello(name_extension("[::1]")), no_name},
                    Malformed{"number", hello(name_extension("127.1")), no_name},
                    Malformed{"star", hello(name_extension("*.example")), no_name},
                    Malformed{"blank", hello(name_extension("a b")), no_name},
                    Malformed{"raw unicode", hello(name_extension("b\xc3\xbc")), no_name},
                    Malformed{"too long", hello(name_extension(std::string(256, 'a'))), no_name},
                    Malformed{"two in one", hello(extension(0, vector(host_name("a") + host_name("b"), 2))), two_names},
                    Malformed{"two extensions", hello(name_extension("a") + name_extension("a")), two_names},
                    Malformed{"of another kind", hello(extension(0, vector('\x01' + vector("a", 2), 2))),
                              "the server_name is not a host_name"},
                    Malformed{"no list", hello(extension(0, "")), cut_name},
                    Malformed{"empty list", hello(extension(0, vector("", 2))), cut_name},
                    Malformed{"behind the list", hello(extension(0, vector(host_name("a"), 2) + 'x')), cut_name},
                    Malformed{"short list", hello(extension(0, number(99, 2) + host_name("a"))), cut_name}));

INSTANTIATE_TEST_SUITE_P(
    Extensions, ClientHelloMalformed,
    testing::Values(Malformed{"cut short", hello(number(16, 2) + number(9, 2) + "x"), "an extension is cut short"},
                    Malformed{"half a head", hello("\x01"), "an extension is cut short"},
                    Malformed{"no ALPN list", hello(extension(16, "")), "the ALPN extension is malformed"},
                    Malformed{"empty ALPN list", hello(extension(16, vector("", 2))), "the ALPN extension is malformed"},
                    Malformed{"empty protocol", hello(extension(16, vector(vector("", 1), 2))),
                              "a protocol in the ALPN extension is empty or cut short"},
                    Malformed{"behind the ALPN list", hello(extension(16, vector(vector("h2", 1), 2) + 'x')),
                              "the ALPN extension is malformed"},
                    Malformed{"two of ALPN",
                              hello(extension(16, vector(vector("h2", 1), 2)) + extension(16, vector(vector("h2", 1), 2))),
                              "there is more than one ALPN extension"},
                    Malformed{"behind them", record(message(body_start() + vector("", 2) + 'x')),
                              "the ClientHello's extensions are cut short"},
                    Malformed{"longer than the message", record(message(body_start() + number(9, 2))),
                              "the ClientHello's extensions are cut short"}));

std::string with_ciphers(std::string_view ciphers) {
  return record(message("\x03\x03" + std::string(32, 'r') + vector("", 1) + vector(ciphers, 2) + vector({"\0", 1}, 1)));
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, ClientHelloMalformed,
    testing::Values(
        Malformed{"empty", record(message("")), "the ClientHello is cut short"},
        Malformed{"no compression", record(message(body_start().substr(0, 39) + '\0')), "the ClientHello is cut short"},
        Malformed{"half a random", record(message("\x03\x03rrr")), "the ClientHello is cut short"},
        Malformed{"long session",
                  record(message("\x03\x03" + std::string(32, 'r') + vector(std::string(33, 's'), 1) + vector("\x13\x01", 2) +
                                 vector({"\0", 1}, 1))),
                  "the ClientHello is cut short"},
        Malformed{"version 2", record(message('\x02' + body_start().substr(1))), "the ClientHello is of no version of TLS"},
        Malformed{"no ciphers", with_ciphers(""), "the ClientHello's cipher suites are malformed"},
        Malformed{"half a cipher", with_ciphers("abc"), "the ClientHello's cipher suites are malformed"}));

std::string in_two(std::string_view between) {
  auto const payload = message(body_start());
  return record(payload.substr(0, 20)).append(between) + record(payload.substr(20));
}

INSTANTIATE_TEST_SUITE_P(
    Records, ClientHelloMalformed,
    testing::Values(Malformed{"not a hello", record('\x02' + vector("abc", 3)), "the first message is not a ClientHello"},
                    Malformed{"empty record", in_two(record("")), "a record's length is out of bounds"},
                    Malformed{"long record", "\x16\x03\x01" + number(16385, 2), "a record's length is out of bounds"},
                    Malformed{"alert between", in_two({"\x15\x03\x01\x00\x02\x01\x00", 7}),
                              "the ClientHello is interrupted by another record"},
                    Malformed{"another version between", in_two({"\x16\x02\x01\x00\x01\x00", 6}),
                              "the ClientHello is interrupted by another record"},
                    Malformed{"more in its record", record(message(body_start()) + "x"),
                              "the ClientHello does not end with its record"},
                    Malformed{"two in a record", record(message(body_start()) + message(body_start())),
                              "the ClientHello does not end with its record"},
                    Malformed{"large", record('\x01' + number(max_client_hello, 3)), "the ClientHello is too large"},
                    Malformed{"24 bits large", record("\x01\xff\xff\xff"), "the ClientHello is too large"}));

TEST(ClientHello, ends_within_its_bound) {
  auto const padded = [](std::size_t size) {
    auto const rest = size - hello(name_extension("a.example") + extension(21, "")).size();
    return hello(name_extension("a.example") + extension(21, std::string(rest, '\0')));
  };
  EXPECT_EQ(read(padded(max_client_hello)), "a.example");
  EXPECT_EQ(read(padded(max_client_hello) + "more"), "a.example");
  EXPECT_EQ(read(padded(max_client_hello + 1)), "the ClientHello is too large");
  auto const payload = padded(max_client_hello / 2).substr(5);
  EXPECT_EQ(read(in_records(payload, 100)), "a.example");
  EXPECT_EQ(read(in_records(payload, 4)), "the ClientHello is too large");
}

}  // namespace
}  // namespace ambassador::wire::tls::client_hello_test
