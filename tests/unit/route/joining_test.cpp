// What follows the source is appended to the target, with one slash at the seam.
#include "unit/route/rules.hpp"

#include <ostream>

namespace ambassador::route::joining_test {
namespace {

struct Row {
  std::string source;
  std::string target;
  std::string url;
  std::string sent;

  friend std::ostream& operator<<(std::ostream& out, Row const& row) {
    return out << row.source << " => " << row.target << ": " << row.url;
  }
};

class Joined : public testing::TestWithParam<Row> {};

TEST_P(Joined, goes_to) {
  World const world{mapping(GetParam().source, GetParam().target)};
  EXPECT_EQ(get(world, GetParam().url), GetParam().sent);
}

INSTANTIATE_TEST_SUITE_P(Seam, Joined,
                         testing::Values(Row{"http://h/api", "http://t/rng", "http://h/api", "http://t/rng"},
                                         Row{"http://h/api", "http://t/rng", "http://h/api/", "http://t/rng/"},
                                         Row{"http://h/api", "http://t/rng", "http://h/api/x", "http://t/rng/x"},
                                         Row{"http://h/api", "http://t/rng/", "http://h/api/x", "http://t/rng/x"},
                                         Row{"http://h/api", "http://t/rng/", "http://h/api", "http://t/rng/"},
                                         Row{"http://h/api/", "http://t/rng", "http://h/api", "http://t/rng"},
                                         Row{"http://h/api/", "http://t/rng/", "http://h/api/x", "http://t/rng/x"},
                                         Row{"http://h/api", "http://t", "http://h/api", "http://t/"},
                                         Row{"http://h/api", "http://t", "http://h/api/", "http://t/"},
                                         Row{"http://h/api", "http://t/", "http://h/api/x", "http://t/x"},
                                         Row{"http://h/api", "http://t/rng", "http://h/api//x", "http://t/rng//x"}));

INSTANTIATE_TEST_SUITE_P(Root, Joined,
                         testing::Values(Row{"http://h", "http://t", "http://h", "http://t/"},
                                         Row{"http://h", "http://t", "http://h/", "http://t/"},
                                         Row{"http://h/", "http://t", "http://h", "http://t/"},
                                         Row{"http://h", "http://t/plain", "http://h/", "http://t/plain"},
                                         Row{"http://h", "http://t/plain", "http://h", "http://t/plain"},
                                         Row{"http://h", "http://t/plain/", "http://h/", "http://t/plain/"},
                                         Row{"http://h", "http://t/plain", "http://h/x", "http://t/plain/x"},
                                         Row{"http://h", "http://t", "http://h//x", "http://t//x"}));

INSTANTIATE_TEST_SUITE_P(Query, Joined,
                         testing::Values(Row{"http://h/api", "http://t/rng", "http://h/api?a=b", "http://t/rng?a=b"},
                                         Row{"http://h/api", "http://t/rng", "http://h/api?", "http://t/rng?"},
                                         Row{"http://h", "http://t", "http://h?a", "http://t/?a"},
                                         Row{"http://h/api", "http://t/rng", "http://h/api/x?/../\\%2e",
                                             "http://t/rng/x?/../\\%2e"}));

INSTANTIATE_TEST_SUITE_P(Bytes, Joined,
                         testing::Values(Row{"http://h", "http://t", "http://h/a%2Fb%20c", "http://t/a%2Fb%20c"},
                                         Row{"http://h", "http://t", "http://h/%61/./b/../c", "http://t/a/c"},
                                         Row{"http://h", "http://t", "http://h/\xc3\xb6|{}", "http://t/\xc3\xb6|{}"}));

INSTANTIATE_TEST_SUITE_P(Authority, Joined,
                         testing::Values(Row{"http://h", "http://T.:8080/x", "http://h/y", "http://t:8080/x/y"},
                                         Row{"http://h", "http://t:80", "http://h/", "http://t/"},
                                         Row{"http://h", "http://[::1]:9", "http://h/", "http://[::1]:9/"}));

TEST(Joining, of_an_exact_source_sends_the_target_as_it_is) {
  World const world{exact("http://h/a?b", "http://t/rng"), exact("http://h/c", "http://t/rng?d=e"),
                    exact("http://h/f/", "http://t")};
  EXPECT_EQ(get(world, "http://h/a?b"), "http://t/rng");
  EXPECT_EQ(get(world, "http://h/c"), "http://t/rng?d=e");
  EXPECT_EQ(get(world, "http://h/f/"), "http://t/");
}

TEST(Joining, tells_where_the_path_begins) {
  World const world{mapping("http://h", "http://t:8080/x")};
  Asked const asked{"GET http://h/y?z", host("h")};
  std::string url = "before ";
  auto const begins = append_target_url(url, decide(world, asked), asked.url);
  EXPECT_EQ(url, "before http://t:8080/x/y?z");
  EXPECT_EQ(url.substr(begins), "/x/y?z");
}

}  // namespace
}  // namespace ambassador::route::joining_test
