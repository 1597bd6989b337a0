// An egress keeps its number, and the object that pools hold on to, for as long as somebody uses it.
#include "upstream/egress.hpp"

#include <gtest/gtest.h>

namespace ambassador::upstream::egress_test {
namespace {

config::Settings settings_with(std::size_t sources) {
  config::Settings settings;
  for (std::size_t i = 0; i < sources; ++i) {
    auto& mapping = settings.map.emplace_back();
    mapping.targets.emplace_back();
  }
  return settings;
}

class EgressTest : public testing::Test {
 protected:
  [[nodiscard]] EgressTable table(config::Settings const& settings) { return {settings, files, egresses}; }

  std::shared_ptr<net::TlsSource> context =
      std::make_shared<net::TlsSource>(std::vector<std::string>{}, [] { return std::shared_ptr<net::TlsContext const>{}; });
  EgressTable::Files files{.tls = [this](auto const&, auto) { return context; },
                           .via_credentials = [](auto const&) { return nullptr; }};
  Egresses egresses;
};

TEST_F(EgressTest, equal_options_are_one_egress_also_in_another_table) {
  auto settings = settings_with(2);
  settings.map[1].connections = 7;
  auto const first = table(settings);
  std::swap(settings.map[0], settings.map[1]);
  auto const second = table(settings);
  EXPECT_EQ(&first.of_mapping(0), &second.of_mapping(1));
  EXPECT_EQ(&first.of_mapping(1), &second.of_mapping(0));
  EXPECT_NE(first.of_mapping(0).id, first.of_mapping(1).id);
  EXPECT_EQ(&first.of_unmapped(config::TargetScheme::tcp), &second.of_unmapped(config::TargetScheme::tcp));
}

TEST_F(EgressTest, another_limit_parent_or_context_is_another_egress) {
  auto const before = table(settings_with(1));
  auto limited = settings_with(1);
  limited.map.front().connections = 7;
  auto by_parent = settings_with(1);
  by_parent.map.front().via = config::Via{"http://p:1", {"p", 1}, {}, {}};
  auto secure = settings_with(1);
  secure.map.front().targets.front().scheme = config::TargetScheme::https;
  for (auto const& settings : {limited, by_parent, secure}) {
    auto const after = table(settings);
    EXPECT_NE(after.of_mapping(0).id, before.of_mapping(0).id);
    EXPECT_FALSE(before.has(after.of_mapping(0)));
    EXPECT_TRUE(after.has(after.of_mapping(0)));
  }
}

TEST_F(EgressTest, a_number_is_never_used_twice) {
  auto settings = settings_with(1);
  settings.map.front().connections = 7;
  std::uint32_t number = 0;
  std::weak_ptr<Egress const> gone;
  {
    auto const table_then = table(settings);
    number = table_then.of_mapping(0).id;
    gone = table_then.of_mapping(0).self;
    EXPECT_FALSE(gone.expired());
  }
  EXPECT_TRUE(gone.expired()) << "nobody holds it";
  EXPECT_NE(table(settings).of_mapping(0).id, number);
}

}  // namespace
}  // namespace ambassador::upstream::egress_test
