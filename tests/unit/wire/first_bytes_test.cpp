// What a client speaks is decided by its first bytes, and never decided anew by those that follow.
#include "wire/first_bytes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ambassador::wire::first_bytes_test {
namespace {

struct Row {
  std::string bytes;
  FirstBytes is;
};

TEST(FirstBytes, say_what_a_client_speaks) {
  for (auto const& [bytes, is] : {Row{"", FirstBytes::need_more},
                                  Row{"\x16", FirstBytes::need_more},
                                  Row{"\x16\x03", FirstBytes::tls},
                                  Row{"\x16\x03\x01", FirstBytes::tls},
                                  Row{"\x16\x02", FirstBytes::other},
                                  Row{"\x15\x03", FirstBytes::other},
                                  Row{"\x80\x2e", FirstBytes::other},
                                  Row{"G", FirstBytes::need_more},
                                  Row{"GET", FirstBytes::need_more},
                                  Row{"GET ", FirstBytes::need_more},
                                  Row{"GET /", FirstBytes::http},
                                  Row{"OPTIONS *", FirstBytes::http},
                                  Row{"M-SEARCH *", FirstBytes::http},
                                  Row{"PRI * HTTP/2.0\r\n", FirstBytes::http},
                                  Row{"GET http://a/", FirstBytes::http},
                                  Row{"GET HTTPS://a/", FirstBytes::http},
                                  Row{"GET htt", FirstBytes::need_more},
                                  Row{"GET hat", FirstBytes::other},
                                  Row{"CONNECT a:443", FirstBytes::http},
                                  Row{"CONNECT [::1]:443", FirstBytes::http},
                                  Row{"CONNECT -", FirstBytes::other},
                                  Row{"CONNECT\n", FirstBytes::other},  // STOMP
                                  Row{"GET  /", FirstBytes::other},
                                  Row{"GET\t/", FirstBytes::other},
                                  Row{" GET /", FirstBytes::other},
                                  Row{"\r\nGET /", FirstBytes::other},
                                  Row{"get a\r\n", FirstBytes::other},  // memcached
                                  Row{"NICK a\r\n", FirstBytes::other},
                                  Row{"EHLO a\r\n", FirstBytes::other},
                                  Row{"*1\r\n", FirstBytes::other},           // RESP
                                  Row{{"\0\0\0\x08", 4}, FirstBytes::other},  // PostgreSQL
                                  Row{std::string(29, 'A') + " /", FirstBytes::http},
                                  Row{std::string(30, 'A') + " /", FirstBytes::http},
                                  Row{std::string(31, 'A') + " /", FirstBytes::other},
                                  Row{std::string(31, 'A'), FirstBytes::need_more},
                                  Row{std::string(32, 'A'), FirstBytes::other}}) {
    EXPECT_EQ(look_at_first_bytes(bytes), is) << bytes;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      auto const before = look_at_first_bytes(std::string_view{bytes}.substr(0, size));
      EXPECT_TRUE(before == FirstBytes::need_more || before == is) << bytes << " cut at " << size;
    }
  }
}

}  // namespace
}  // namespace ambassador::wire::first_bytes_test
