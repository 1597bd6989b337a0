// Which part of a call `balance: hash` looks at.
#include "session/hash_key.hpp"

#include <gtest/gtest.h>

#include <array>

namespace ambassador::session::hash_key_test {
namespace {

using wire::http::Field;

config::Mapping hashed(config::HashKey::Of of, std::string name = {}) {
  config::Mapping mapping;
  mapping.balance = config::Balance::hash;
  mapping.hash.of = of;
  mapping.hash.name = std::move(name);
  return mapping;
}

TEST(HashKey, another_balance_has_none) {
  auto mapping = hashed(config::HashKey::Of::client);
  mapping.balance = config::Balance::round_robin;
  EXPECT_EQ(hash_of(mapping, {}, "192.0.2.1:1"), std::nullopt);
}

TEST(HashKey, a_client_is_its_address_without_the_port) {
  auto const mapping = hashed(config::HashKey::Of::client);
  EXPECT_EQ(hash_of(mapping, {}, "192.0.2.1:1"), hash_of(mapping, {}, "192.0.2.1:2"));
  EXPECT_NE(hash_of(mapping, {}, "192.0.2.1:1"), hash_of(mapping, {}, "192.0.2.2:1"));
}

TEST(HashKey, a_header_is_found_in_any_case) {
  std::array const fields{Field{.name = "x-USER", .value = "ann", .line = {}}};
  EXPECT_NE(hash_of(hashed(config::HashKey::Of::header, "X-User"), fields, {}), std::nullopt);
  EXPECT_EQ(hash_of(hashed(config::HashKey::Of::header, "X-Other"), fields, {}), std::nullopt);
}

TEST(HashKey, a_cookie_is_one_of_several) {
  std::array const fields{Field{.name = "Cookie", .value = "a=1; sid=42;b=3", .line = {}}};
  std::array const alone{Field{.name = "Cookie", .value = "sid=42", .line = {}}};
  auto const mapping = hashed(config::HashKey::Of::cookie, "sid");
  EXPECT_NE(hash_of(mapping, fields, {}), std::nullopt);
  EXPECT_EQ(hash_of(mapping, fields, {}), hash_of(mapping, alone, {}));
  EXPECT_EQ(hash_of(hashed(config::HashKey::Of::cookie, "id"), fields, {}), std::nullopt);
}

}  // namespace
}  // namespace ambassador::session::hash_key_test
