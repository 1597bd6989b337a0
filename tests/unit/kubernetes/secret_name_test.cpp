#include "kubernetes/secret_name.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ambassador::kubernetes::secret_name_test {
namespace {

TEST(SecretName, is_a_dns_subdomain) {
  for (auto const* const name : {"a", "tls", "api-keys-2", "example.com-tls", "a.b.c", "0"}) EXPECT_TRUE(is_secret_name(name));
  for (auto const* const name : {"", "A", "a_b", "-a", "a-", ".a", "a.", "a..b", "a.-b", "a/b", "a b"})
    EXPECT_FALSE(is_secret_name(name)) << name;
  EXPECT_TRUE(is_secret_name(std::string(253, 'a')));
  EXPECT_FALSE(is_secret_name(std::string(254, 'a')));
}

TEST(SecretName, makes_a_volume_that_is_a_dns_label) {
  EXPECT_EQ(secret_volume("payments"), "ambassador-secret-payments");
  EXPECT_EQ(secret_volume(std::string(45, 'a')), "ambassador-secret-" + std::string(45, 'a'));
  // The checksum by zlib: zlib.adler32(b"tls.example.com").
  EXPECT_EQ(secret_volume("tls.example.com"), "ambassador-secret-tls-example-com-794232283");
  auto const longest = secret_volume(std::string(253, 'z'));
  EXPECT_LE(longest.size(), 63U);
  EXPECT_THAT(longest, testing::StartsWith("ambassador-secret-" + std::string(34, 'z') + '-'));
  EXPECT_EQ(secret_volume(std::string(33, 'b') + ".b." + std::string(20, 'b')).find("--"), std::string::npos);
}

TEST(SecretName, keeps_alike_names_apart) {
  EXPECT_NE(secret_volume("tls.example.com"), secret_volume("tls.example-com"));
  EXPECT_NE(secret_volume(std::string(46, 'a')), secret_volume(std::string(47, 'a')));
}

}  // namespace
}  // namespace ambassador::kubernetes::secret_name_test
