#include "unit/config/loading.hpp"

#include <gtest/gtest.h>

namespace ambassador::config {
namespace {

TEST(OneLine, a_diagnostic_is_one_line_whatever_the_user_wrote) {
  Diagnostic diagnostic;
  diagnostic.where = {"a.yaml", 1, 2};
  diagnostic.path = "map[0].a\nb";
  diagnostic.message = "no";
  diagnostic.offending = "x\ny";
  diagnostic.hint = "write http://x\n\ty";
  EXPECT_EQ(to_string(diagnostic), "a.yaml:1:2: error: map[0].a\\x0ab: no: \"x\\x0ay\" (write http://x\\x0a\\x09y)");
}

}  // namespace
}  // namespace ambassador::config
