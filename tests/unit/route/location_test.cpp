// A redirect into the target is given back as the source's URL, and no other is touched.
#include "route/location.hpp"

#include "unit/route/rules.hpp"

#include <ostream>

namespace ambassador::route::location_test {
namespace {

struct Row {
  std::string source;
  std::string target;
  std::string location;
  std::optional<std::string> mapped;

  friend std::ostream& operator<<(std::ostream& out, Row const& row) {
    return out << row.source << " => " << row.target << ": " << row.location;
  }
};

class MappedBack : public testing::TestWithParam<Row> {};

TEST_P(MappedBack, reads) {
  auto const source = mapping(GetParam().source, GetParam().target);
  EXPECT_EQ(map_back(GetParam().location, source, source.targets.front(), "http://h:81"), GetParam().mapped);
}

Row below(std::string location, std::optional<std::string> mapped) {
  return {"http://h/api", "http://t:8080/rng", std::move(location), std::move(mapped)};
}

INSTANTIATE_TEST_SUITE_P(Absolute, MappedBack,
                         testing::Values(below("http://t:8080/rng", "http://h:81/api"),
                                         below("http://t:8080/rng/", "http://h:81/api/"),
                                         below("http://t:8080/rng/a?b#c", "http://h:81/api/a?b#c"),
                                         below("http://t:8080/rng?a", "http://h:81/api?a"),
                                         below("http://t:8080/rng#a", "http://h:81/api#a"),
                                         below("HTTP://T.:8080/rng/a", "http://h:81/api/a")));

INSTANTIATE_TEST_SUITE_P(AbsolutePath, MappedBack,
                         testing::Values(below("/rng", "/api"), below("/rng/a", "/api/a"), below("/rng?a=b", "/api?a=b"),
                                         below("/rng#a", "/api#a")));

INSTANTIATE_TEST_SUITE_P(Outside, MappedBack,
                         testing::Values(below("http://t:8080/rngx", {}), below("http://t:8080/", {}),
                                         below("http://t/rng", {}), below("http://other:8080/rng", {}),
                                         below("https://t:8080/rng", {}), below("/rngx", {}), below("/", {}),
                                         below("//t:8080/rng", {}), below("rng", {}), below("?a", {}), below("#a", {}),
                                         below("", {}), below("http://a@t:8080/rng", {}), below("http://", {})));

INSTANTIATE_TEST_SUITE_P(Roots, MappedBack,
                         testing::Values(Row{"http://h", "http://t", "http://t", "http://h:81/"},
                                         Row{"http://h", "http://t", "http://t/a", "http://h:81/a"},
                                         Row{"http://h", "http://t", "/a", "/a"}, Row{"http://h", "http://t/rng", "/rng", "/"},
                                         Row{"http://h", "http://t/rng", "/rng?a", "/?a"},
                                         Row{"http://h", "http://t/rng", "/rng/a", "/a"},
                                         Row{"http://h", "http://t/rng", "http://t/rng#a", "http://h:81/#a"},
                                         Row{"http://h/api", "http://t", "/a", "/api/a"},
                                         Row{"http://h/api", "http://t", "http://t", "http://h:81/api"},
                                         Row{"http://h/api", "http://t/rng/", "/rng/a", "/api/a"}));

INSTANTIATE_TEST_SUITE_P(Schemes, MappedBack,
                         testing::Values(Row{"http://h/api", "https://t/rng", "https://t/rng/a", "http://h:81/api/a"},
                                         Row{"http://h/api", "https://t/rng", "HTTPS://t:443/rng", "http://h:81/api"},
                                         Row{"http://h/api", "https://t:8443/rng", "https://t:8443/rng", "http://h:81/api"},
                                         Row{"http://h/api", "https://t/rng", "/rng/a", "/api/a"},
                                         Row{"http://h/api", "https://t/rng", "http://t/rng", {}},
                                         Row{"http://h/api", "https://t/rng", "http://t:443/rng", {}},
                                         Row{"http://h/api", "https://t/rng", "https://t:80/rng", {}},
                                         Row{"http://h/api", "http://t/rng", "https://t/rng", {}},
                                         Row{"http://h/api", "http://t:443/rng", "https://t/rng", {}},
                                         Row{"http://h/api", "http://t/rng", "http://t:443/rng", {}}));

TEST(MapBack, of_an_exact_source_takes_its_whole_target_only) {
  auto const source = exact("http://h/api", "http://t/rng");
  EXPECT_EQ(map_back("/rng", source, source.targets.front(), "http://h"), "/api");
  EXPECT_EQ(map_back("/rng/a", source, source.targets.front(), "http://h"), std::nullopt);
  EXPECT_EQ(map_back("/rng?a", source, source.targets.front(), "http://h"), std::nullopt);
}

}  // namespace
}  // namespace ambassador::route::location_test
