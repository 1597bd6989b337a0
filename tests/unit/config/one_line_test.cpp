#include "unit/config/loading.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ambassador::config::one_line_test {
namespace {

TEST(OneLine, a_diagnostic_is_one_line_whatever_the_user_wrote) {
  auto const loaded = load_text("map:\n - {source: http://goto/api, target: http:64KiB//numt\n\n   when$g}\n");
  ASSERT_FALSE(loaded.diagnostics.empty());
  auto const text = all_diagnostics(loaded);
  EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')), loaded.diagnostics.size()) << text;
}

}  // namespace
}  // namespace ambassador::config::one_line_test
