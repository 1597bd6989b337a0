// The first check decides alone; after that it takes a row of them.
#include "balance/checks.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace ambassador::balance::checks_test {
namespace {

/// For results such as "+-": D where it became unhealthy, U where healthy, a point where nothing changed.
std::string changes(std::string_view results, unsigned fall = 3, unsigned rise = 2) {
  CheckState state;
  std::string text;
  for (auto const result : results) text += ".DU"[static_cast<int>(state.report(result == '+', fall, rise))];
  return text;
}

TEST(Checks, begin_as_healthy) { EXPECT_TRUE(CheckState{}.healthy()); }

TEST(Checks, change_an_endpoint_by_rows_of_results) {
  struct Row {
    std::string_view results;
    std::string_view changes;
  };
  for (auto const& row : {
           Row{"+++", "..."},                //
           Row{"-", "D"},                    // the first decides alone
           Row{"-++", "D.U"},                // and then two are needed
           Row{"-+-++", "D...U"},            // in a row
           Row{"+--", "..."},                // with an answer behind it, three are
           Row{"+---", "...D"},              //
           Row{"+--+--+---", ".........D"},  // in a row
           Row{"+----++", "...D..U"},        // and it changes once only
       }) {
    EXPECT_EQ(changes(row.results), row.changes) << row.results;
  }
}

TEST(Checks, take_other_rows_and_none_of_length_zero) {
  EXPECT_EQ(changes("+-+-+", 1, 1), ".DUDU");
  EXPECT_EQ(changes("+-+-+", 0, 0), ".DUDU");
  EXPECT_EQ(changes("+-----+++++", 5, 4), ".....D...U.");
}

}  // namespace
}  // namespace ambassador::balance::checks_test
