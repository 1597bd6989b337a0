#include "net/srv_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ambassador::net::srv_answer_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

std::string number16(unsigned value) { return {static_cast<char>(value >> 8U), static_cast<char>(value)}; }

std::string name(std::string const& dotted) {
  std::string out;
  for (std::size_t at = 0; at < dotted.size();) {
    auto const end = std::min(dotted.find('.', at), dotted.size());
    out += static_cast<char>(end - at) + dotted.substr(at, end - at);
    at = end + 1;
  }
  return out + '\0';
}

struct Srv {
  unsigned priority;
  unsigned weight;
  unsigned port;
  std::string target;
  unsigned ttl = 60;
};

std::string record(unsigned type, unsigned ttl, std::string const& data) {
  return "\xc0\x0c" + number16(type) + number16(1) + number16(0) + number16(ttl) +
         number16(static_cast<unsigned>(data.size())) + data;
}

std::string record(Srv const& srv) {
  return record(33, srv.ttl, number16(srv.priority) + number16(srv.weight) + number16(srv.port) + name(srv.target));
}

/// An answer to one question, of these records.
std::string message(std::vector<std::string> const& records) {
  auto out = number16(7) + "\x81\x80" + number16(1) + number16(static_cast<unsigned>(records.size())) + number16(0) +
             number16(0) + name("_http._tcp.svc.test") + number16(33) + number16(1);
  for (auto const& each : records) out += each;
  return out;
}

std::optional<SrvAnswer> read(std::string const& bytes) {
  return read_srv_answer({reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size()});
}

std::vector<SrvTarget> targets(std::vector<Srv> const& all) {
  std::vector<std::string> records;
  records.reserve(all.size());
  for (auto const& each : all) records.push_back(record(each));
  auto const answer = read(message(records));
  EXPECT_TRUE(answer);
  return answer ? answer->targets : std::vector<SrvTarget>{};
}

TEST(SrvAnswer, gives_host_port_and_weight) {
  EXPECT_THAT(targets({{1, 5, 8080, "a.test"}, {1, 6, 8081, "b.test"}}),
              ElementsAre(SrvTarget{"a.test", 8080, 5}, SrvTarget{"b.test", 8081, 6}));
}

TEST(SrvAnswer, takes_the_lowest_priority_wherever_it_stands) {
  EXPECT_THAT(targets({{7, 1, 80, "a.test"}, {3, 1, 80, "b.test"}, {9, 1, 80, "c.test"}, {3, 1, 81, "b.test"}}),
              ElementsAre(SrvTarget{"b.test", 80, 1}, SrvTarget{"b.test", 81, 1}));
}

TEST(SrvAnswer, counts_a_weight_of_0_as_1) {
  EXPECT_THAT(targets({{0, 0, 80, "a.test"}}), ElementsAre(SrvTarget{"a.test", 80, 1}));
}

TEST(SrvAnswer, leaves_out_what_cannot_be_a_host) {
  EXPECT_THAT(targets({{0, 1, 80, ""}}), IsEmpty()) << "the root: the service is not there";
  EXPECT_THAT(targets({{0, 1, 80, "_http._tcp.svc.test"}}), IsEmpty()) << "it would lead to itself";
  EXPECT_THAT(targets({{0, 1, 0, "a.test"}}), IsEmpty());
  EXPECT_THAT(targets({{0, 1, 0, "a.test"}, {5, 1, 80, "b.test"}}), ElementsAre(SrvTarget{"b.test", 80, 1}));
}

TEST(SrvAnswer, says_the_same_target_once) {
  EXPECT_THAT(targets({{0, 1, 80, "a.test"}, {0, 1, 80, "a.test"}}), ElementsAre(SrvTarget{"a.test", 80, 1}));
}

TEST(SrvAnswer, is_bounded) {
  std::vector<Srv> many;
  for (unsigned i = 1; i <= max_srv_targets + 10; ++i) many.push_back({0, 1, i, "a.test"});
  EXPECT_EQ(targets(many).size(), max_srv_targets);
}

TEST(SrvAnswer, has_the_least_ttl_aliases_included) {
  auto const srv = [](unsigned ttl) { return record(Srv{0, 1, 80, "a.test", ttl}); };
  EXPECT_EQ(read(message({srv(30), srv(20), srv(40)}))->ttl, 20s);
  EXPECT_EQ(read(message({record(5, 10, name("b.test")), srv(30)}))->ttl, 10s);
  EXPECT_EQ(read(message({record(16, 10, "\x01x"), srv(30)}))->ttl, 30s) << "another kind of record says nothing of it";
}

TEST(SrvAnswer, follows_a_name_that_goes_on_elsewhere) {
  auto const data =
      number16(0) + number16(1) + number16(80) + std::string{"\1a\xc0\x1b", 4};  // on at 27: the end of the question
  EXPECT_THAT(read(message({record(33, 60, data)}))->targets, ElementsAre(SrvTarget{"a.test", 80, 1}));
}

TEST(SrvAnswer, is_empty_where_there_is_no_record) { EXPECT_EQ(read(message({})), (SrvAnswer{{}, 0s})); }

TEST(SrvAnswer, is_refused_wherever_it_is_cut_off) {
  auto const whole = message({record(Srv{0, 1, 80, "a.test"}), record(Srv{0, 1, 81, "b.test"})});
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) EXPECT_FALSE(read(whole.substr(0, bytes))) << bytes;
  EXPECT_TRUE(read(whole));
}

TEST(SrvAnswer, does_not_follow_a_name_in_circles) {
  EXPECT_FALSE(read(message({record(33, 60, number16(0) + number16(1) + number16(80) + "\xc0\x37")})));
}

}  // namespace
}  // namespace ambassador::net::srv_answer_test
