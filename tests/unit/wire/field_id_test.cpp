#include "wire/http/field_id.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>

namespace ambassador::wire::http::field_id_test {
namespace {

std::string changed(std::string_view name, int (*change)(int)) {
  std::string text{name};
  for (char& c : text) c = static_cast<char>(change(static_cast<unsigned char>(c)));
  return text;
}

TEST(FieldId, is_found_in_any_case) {
  for (std::size_t i = 1; i < field_ids; ++i) {
    auto const id = static_cast<FieldId>(i);
    auto const name = name_of(id);
    EXPECT_EQ(field_id(name), id) << name;
    EXPECT_EQ(field_id(changed(name, std::tolower)), id) << name;
    EXPECT_EQ(field_id(changed(name, std::toupper)), id) << name;
  }
}

TEST(FieldId, every_one_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < field_ids; ++i) names.insert(changed(name_of(static_cast<FieldId>(i)), std::tolower));
  EXPECT_EQ(names.size(), field_ids);
}

TEST(FieldId, of_a_name_that_differs_by_a_byte_is_none) {
  for (std::size_t i = 1; i < field_ids; ++i) {
    std::string const name{name_of(static_cast<FieldId>(i))};
    EXPECT_EQ(field_id(name + "x"), FieldId::unknown);
    EXPECT_EQ(field_id(name.substr(1)), FieldId::unknown) << name;
    for (std::size_t at = 0; at < name.size(); ++at) {
      auto other = name;
      other[at] = '~';
      EXPECT_EQ(field_id(other), FieldId::unknown) << other;
    }
  }
  EXPECT_EQ(field_id(""), FieldId::unknown);
  EXPECT_EQ(field_id("X-Forwarded-For"), FieldId::unknown);
}

}  // namespace
}  // namespace ambassador::wire::http::field_id_test
