// What may go through a tunnel: TLS for the host that the CONNECT named, or no TLS on another port than 443.
#include "session/tcp/server_name.hpp"

#include "unit/wire/client_hellos.hpp"

#include <gtest/gtest.h>

namespace ambassador::session::server_name_test {
namespace {

using net::Verdict;
using observe::Reason;

constexpr std::string_view host = "numbers-api.example";  // as in the recorded hello

std::string hello() { return wire::tls::from_hex(wire::tls::openssl_1_3); }

TEST(ServerName, tls_for_the_host_passes) {
  auto const check = check_server_name(hello(), false, host, 443);
  EXPECT_EQ(check.verdict, Verdict::pass);
  EXPECT_EQ(check.server_name, std::string{host});
}

TEST(ServerName, tls_for_another_host_is_refused_on_any_port) {
  for (std::uint16_t const port : {443, 8443}) {
    auto const check = check_server_name(hello(), false, "other.example", port);
    EXPECT_EQ(check.verdict, Verdict::refuse);
    EXPECT_EQ(check.reason, Reason::sni_mismatch);
    EXPECT_EQ(check.what, "the TLS inside asks for numbers-api.example, not for other.example");
  }
}

TEST(ServerName, a_name_is_not_what_a_connect_to_an_address_asks_for) {
  EXPECT_EQ(check_server_name(hello(), false, "192.0.2.1", 443).verdict, Verdict::refuse);
}

TEST(ServerName, a_part_of_a_hello_is_waited_for_until_the_end) {
  auto const part = hello().substr(0, 40);
  EXPECT_EQ(check_server_name(part, false, host, 443).verdict, Verdict::need_more);
  auto const ended = check_server_name(part, true, host, 443);
  EXPECT_EQ(ended.verdict, Verdict::refuse);
  EXPECT_EQ(ended.reason, Reason::not_tls);
}

TEST(ServerName, a_connection_that_is_not_used_passes) {
  EXPECT_EQ(check_server_name({}, false, host, 443).verdict, Verdict::need_more);
  EXPECT_EQ(check_server_name({}, true, host, 443).verdict, Verdict::pass);
}

TEST(ServerName, what_is_no_tls_is_refused_on_port_443_only) {
  constexpr std::string_view ssh = "SSH-2.0-OpenSSH_9.2\r\n";
  auto const check = check_server_name(ssh, false, host, 443);
  EXPECT_EQ(check.verdict, Verdict::refuse);
  EXPECT_EQ(check.reason, Reason::not_tls);
  EXPECT_EQ(check.what, "no TLS in a tunnel to port 443");
  EXPECT_EQ(check_server_name(ssh, false, host, 22).verdict, Verdict::pass);
}

}  // namespace
}  // namespace ambassador::session::server_name_test
