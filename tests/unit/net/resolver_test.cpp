#include "net/resolver.hpp"

#include "base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio.hpp>

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace ambassador::net::resolver_test {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::address;
using boost::asio::ip::make_address;
using boost::asio::ip::udp;
using testing::Contains;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr auto patience = 10s;

std::string loopback_server(unsigned short port) { return "127.0.0.1:" + std::to_string(port); }

/// A UDP port of 127.0.0.1 on which nothing listens, for now.
unsigned short free_port() {
  boost::asio::io_context context;
  udp::socket const socket{context, {boost::asio::ip::address_v4::loopback(), 0}};
  return socket.local_endpoint().port();
}

/// Runs until every callback came, or patience ends.
class Asking {
 public:
  explicit Asking(Resolver::Options options) : resolver{std::in_place, context, std::move(options)} {}

  std::optional<Result<Addresses>> ask(std::string const& host) {
    std::optional<Result<Addresses>> answer;
    resolver->resolve(host, [&](Result<Addresses> result) {
      answer = std::move(result);
      context.stop();
    });
    EXPECT_FALSE(answer) << "called from inside resolve()";
    context.restart();
    context.run_for(patience);
    return answer;
  }

  std::vector<address> addresses(std::string const& host) {
    auto const answer = ask(host);
    std::vector<address> plain;
    if (!answer || !*answer) return plain;
    for (auto const& each : (*answer)->list) plain.push_back(each.address);
    return plain;
  }

  /// Nothing where the look-up succeeded, or never ended.
  boost::system::error_code error(std::string const& host) {
    auto const answer = ask(host);
    if (!answer || *answer) return {};
    EXPECT_EQ(answer->error().stage, Stage::resolve);
    EXPECT_EQ(answer->error().side, Side::upstream);
    return answer->error().code;
  }

  boost::asio::io_context context;
  std::optional<Resolver> resolver;
};

/// A name server that hears everything, and answers what it is told to: nothing, A and not AAAA, or that it failed.
class FakeServer {
 public:
  enum class Answers { none, only_a, failure };

  FakeServer(boost::asio::io_context& context, Answers answers)
      : socket_{context, {boost::asio::ip::address_v4::loopback(), 0}}, answers_{answers} {
    listen();
  }

  [[nodiscard]] unsigned short port() const { return socket_.local_endpoint().port(); }
  [[nodiscard]] int questions() const { return questions_; }

 private:
  void listen() {
    socket_.async_receive_from(boost::asio::buffer(question_), peer_, [this](boost::system::error_code error, std::size_t n) {
      if (error) return;
      ++questions_;
      if (answers_ != Answers::none) answer(n);
      listen();
    });
  }

  void answer(std::size_t n) {
    std::string reply{question_.data(), n};
    reply[2] = '\x81';  // a response, recursion desired
    if (answers_ == Answers::failure) {
      reply[3] = '\x82';  // recursion available, SERVFAIL
      socket_.send_to(boost::asio::buffer(reply), peer_);
      return;
    }
    bool const is_a = reply[n - 3] == 1;
    if (!is_a) return;
    reply[3] = '\x80';  // recursion available, no error
    reply[7] = 1;       // one answer: the question's name, A, IN, 60 s, 4 bytes
    reply += std::string{"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\x02\0\x07", 16};
    socket_.send_to(boost::asio::buffer(reply), peer_);
  }

  udp::socket socket_;
  udp::endpoint peer_;
  std::array<char, 512> question_{};
  Answers answers_;
  int questions_ = 0;
};

/// Addresses of long.test: more than a datagram of 512 bytes holds, so that c-ares asks again over TCP.
constexpr int long_answer = 60;

/// A real name server for *.test, on a port of its own.
class Dnsmasq {
 public:
  Dnsmasq() : port_{free_port()} {
    std::vector<std::string> arguments{"dnsmasq",
                                       "--keep-in-foreground",
                                       "--conf-file=/dev/null",
                                       "--pid-file=",
                                       "--no-resolv",
                                       "--no-hosts",
                                       "--user=",
                                       "--listen-address=127.0.0.1",
                                       "--bind-interfaces",
                                       "--local=/test/",
                                       "--local-ttl=1000",
                                       "--port=" + std::to_string(port_),
                                       "--host-record=ready.test,127.0.0.9",
                                       "--host-record=both.test,10.2.0.7,fd00::7,600",
                                       "--host-record=only4.test,10.2.0.8,30",
                                       "--host-record=only6.test,fd00::8,40",
                                       "--cname=alias.test,only4.test,20",
                                       "--host-record=many.test,10.2.0.1",
                                       "--host-record=many.test,10.2.0.2",
                                       "--host-record=many.test,fd00::1",
                                       "--host-record=many.test,fd00::2",
                                       "--host-record=app.localhost,10.9.9.9",
                                       "--srv-host=_web._tcp.test,both.test,8080,1,3",
                                       "--srv-host=_web._tcp.test,only4.test,8081,1,0",
                                       "--srv-host=_web._tcp.test,many.test,8082,2,1",
                                       "--srv-host=_same._tcp.test,only4.test,8080,0,1",
                                       "--srv-host=_same._tcp.test,only4.test,8081,0,1",
                                       "--srv-host=_gone._tcp.test,nothing.test,8080,0,1",
                                       "--srv-host=_half._tcp.test,nothing.test,8080,0,1",
                                       "--srv-host=_half._tcp.test,only6.test,8080,0,1",
                                       "--srv-host=_off._tcp.test",
                                       "--local=/both/",
                                       "--host-record=inner.both.test,10.2.0.99",
                                       "--host-record=inner.both,10.2.0.98",
                                       "--txt-record=text.test,no address"};
    for (int i = 0; i < long_answer; ++i) arguments.push_back("--host-record=long.test,10.3.0." + std::to_string(i));
    for (int i = 0; i < long_answer; ++i) {
      auto const host = "t" + std::to_string(i) + ".test";
      arguments.push_back("--host-record=" + host + ",10.4.0." + std::to_string(i));
      arguments.push_back("--srv-host=_long._tcp.test," + host + ",80,0,1");
    }
    for (std::size_t i = 0; i < max_addresses + 50; ++i) {
      arguments.push_back("--host-record=endless.test,10.5." + std::to_string(i / 256) + "." + std::to_string(i % 256));
    }
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    for (char const* path : {"/usr/sbin/dnsmasq", "/usr/bin/dnsmasq"}) {
      if (posix_spawn(&process_, path, nullptr, nullptr, argv.data(), environ) == 0) return;
    }
    process_ = 0;
  }
  ~Dnsmasq() {
    if (process_ == 0 || ended_) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  Dnsmasq(Dnsmasq const&) = delete;
  Dnsmasq& operator=(Dnsmasq const&) = delete;

  [[nodiscard]] bool installed() const { return process_ != 0; }
  [[nodiscard]] unsigned short port() const { return port_; }

  /// False also where it has ended: its port was taken after all.
  [[nodiscard]] bool ready() {
    auto const give_up = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < give_up) {
      ended_ = waitpid(process_, nullptr, WNOHANG) != 0;
      if (ended_) return false;
      if (!Asking{{loopback_server(port_), 1s}}.addresses("ready.test").empty()) return true;
    }
    return false;
  }

 private:
  unsigned short port_;
  pid_t process_ = 0;
  bool ended_ = false;
};

class ResolverWithNameServer : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    constexpr int attempts = 5;
    for (int attempt = 0; attempt < attempts && !is_ready; ++attempt) {
      server.emplace();
      if (!server->installed()) return;
      is_ready = server->ready();
    }
  }
  static void TearDownTestSuite() { server.reset(); }

  void SetUp() override {
    if (!server->installed()) GTEST_SKIP() << "dnsmasq is not installed (package dnsmasq-base)";
    ASSERT_TRUE(is_ready);
    asking.emplace(Resolver::Options{loopback_server(server->port()), 5s});
  }

  static inline std::optional<Dnsmasq> server;
  static inline bool is_ready = false;
  std::optional<Asking> asking;
};

/// The first name in the hosts file that is not localhost, and its address.
std::optional<std::pair<std::string, std::string>> hosts_file_entry() {
  std::ifstream file{"/etc/hosts"};
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line.substr(0, line.find('#'))};
    std::string address_text;
    std::string name;
    if (words >> address_text >> name && name != "localhost") return std::pair{name, address_text};
  }
  return std::nullopt;
}

TEST(Resolver, takes_an_address_literal_as_it_is) {
  Asking asking{{loopback_server(free_port()), 1s}};
  EXPECT_THAT(asking.addresses("192.0.2.1"), ElementsAre(make_address("192.0.2.1")));
  EXPECT_THAT(asking.addresses("2001:db8::1"), ElementsAre(make_address("2001:db8::1")));
  EXPECT_EQ((*asking.ask("192.0.2.1"))->ttl, 0s);
}

TEST(Resolver, knows_the_names_of_the_hosts_file) {
  auto const entry = hosts_file_entry();
  if (!entry) GTEST_SKIP() << "the hosts file names localhost only";
  Asking asking{{loopback_server(free_port()), 1s}};
  auto const answer = asking.ask(entry->first);
  ASSERT_TRUE(answer && *answer);
  EXPECT_THAT((*answer)->list, Contains(ResolvedAddress{make_address(entry->second)}));
  EXPECT_EQ((*answer)->ttl, 0s);
}

TEST(Resolver, gives_loopback_for_localhost_without_a_name_server) {
  Asking asking{{loopback_server(free_port()), 1s}};
  for (auto const* host : {"localhost", "app.localhost", "a.b.localhost", "APP.LOCALHOST.", "localhost."}) {
    auto const list = asking.addresses(host);
    EXPECT_FALSE(list.empty()) << host;
    for (auto const& each : list) EXPECT_TRUE(each.is_loopback()) << host;
  }
}

TEST(Resolver, asks_the_name_server_for_what_only_ends_like_localhost) {
  Asking asking{{loopback_server(free_port()), 1s}};
  EXPECT_EQ(asking.error("notlocalhost.test"), make_error_code(Errc::resolver_failed));
}

TEST(Resolver, fails_soon_where_no_name_server_listens) {
  Asking asking{{loopback_server(free_port()), 5s}};
  auto const before = std::chrono::steady_clock::now();
  EXPECT_EQ(asking.error("any.test"), make_error_code(Errc::resolver_failed));
  EXPECT_LT(std::chrono::steady_clock::now() - before, 4s);
}

TEST(Resolver, ends_within_its_limit_where_the_name_server_is_silent) {
  Asking asking{{}};
  FakeServer server{asking.context, FakeServer::Answers::none};
  asking.resolver.emplace(asking.context, Resolver::Options{loopback_server(server.port()), 400ms});
  auto const before = std::chrono::steady_clock::now();
  EXPECT_EQ(asking.error("any.test"), make_error_code(Errc::timed_out));
  EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
  EXPECT_GE(server.questions(), 4) << "a lost datagram is asked again";
}

TEST(Resolver, ends_within_its_limit_however_many_name_servers_are_silent) {
  Asking asking{{}};
  std::deque<FakeServer> servers;
  std::string list;
  for (int i = 0; i < 3; ++i) {
    auto const& server = servers.emplace_back(asking.context, FakeServer::Answers::none);
    list += (list.empty() ? "" : ",") + loopback_server(server.port());
  }
  asking.resolver.emplace(asking.context, Resolver::Options{list, 800ms});
  auto const before = std::chrono::steady_clock::now();
  EXPECT_EQ(asking.error("any.test"), make_error_code(Errc::timed_out));
  EXPECT_GE(std::chrono::steady_clock::now() - before, 800ms);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 1500ms);  // c-ares by itself takes 1800 ms
}

TEST(Resolver, gives_what_it_has_where_one_family_is_never_answered) {
  Asking asking{{}};
  FakeServer server{asking.context, FakeServer::Answers::only_a};
  asking.resolver.emplace(asking.context, Resolver::Options{loopback_server(server.port()), 1000ms});
  EXPECT_THAT(asking.addresses("any.test"), ElementsAre(make_address("10.2.0.7")));
}

TEST(Resolver, says_that_the_name_server_failed) {
  Asking asking{{}};
  FakeServer server{asking.context, FakeServer::Answers::failure};
  asking.resolver.emplace(asking.context, Resolver::Options{loopback_server(server.port()), 4000ms});
  EXPECT_EQ(asking.error("any.test"), make_error_code(Errc::resolver_failed));
  EXPECT_EQ(asking.error("_any._tcp.test"), make_error_code(Errc::resolver_failed));
}

TEST(Resolver, ends_within_its_limit_where_nobody_answers_for_a_service) {
  Asking asking{{}};
  FakeServer server{asking.context, FakeServer::Answers::none};
  asking.resolver.emplace(asking.context, Resolver::Options{loopback_server(server.port()), 400ms});
  EXPECT_EQ(asking.error("_any._tcp.test"), make_error_code(Errc::timed_out));
}

TEST(Resolver, shares_a_look_up_of_the_same_name) {
  Asking asking{{}};
  FakeServer server{asking.context, FakeServer::Answers::none};
  asking.resolver.emplace(asking.context, Resolver::Options{loopback_server(server.port()), 4000ms});
  int answers = 0;
  for (int i = 0; i < 5; ++i) asking.resolver->resolve("same.test.", [&](Result<Addresses>) { ++answers; });
  asking.context.run_for(300ms);
  EXPECT_EQ(server.questions(), 2) << "A and AAAA, once";
  EXPECT_EQ(answers, 0);
}

TEST(Resolver, answers_everyone_who_shares_a_look_up) {
  Asking asking{{loopback_server(free_port()), 5s}};
  int answers = 0;
  for (int i = 0; i < 5; ++i) {
    asking.resolver->resolve("same.test.", [&](Result<Addresses> const& result) { answers += result ? 0 : 1; });
  }
  asking.context.run_for(patience);
  EXPECT_EQ(answers, 5);
}

TEST(Resolver, drops_its_callbacks_when_it_goes) {
  Asking asking{{}};
  FakeServer server{asking.context, FakeServer::Answers::none};
  asking.resolver.emplace(asking.context, Resolver::Options{loopback_server(server.port()), 300ms});
  bool called = false;
  for (auto const* host : {"one.test", "two.test", "192.0.2.1"}) {
    asking.resolver->resolve(host, [&](Result<Addresses> const&) { called = true; });
  }
  asking.context.poll_one();
  asking.resolver.reset();
  asking.context.run_for(600ms);
  EXPECT_FALSE(called);
}

TEST(Resolver, may_be_destroyed_from_within_a_callback) {
  Asking asking{{loopback_server(free_port()), 1s}};
  bool called = false;
  asking.resolver->resolve("first.test.", [&](Result<Addresses> const&) {
    called = true;
    asking.resolver.reset();
  });
  asking.resolver->resolve("first.test.", [](Result<Addresses> const&) { ADD_FAILURE() << "called after the resolver went"; });
  asking.context.run_for(patience);
  EXPECT_TRUE(called);
}

TEST(Resolver, may_be_asked_from_within_a_callback) {
  Asking asking{{loopback_server(free_port()), 1s}};
  int calls = 0;
  Resolver::Done again = [&](Result<Addresses> const&) {
    if (++calls < 3) asking.resolver->resolve("again.test", again);
  };
  asking.resolver->resolve("again.test", again);
  asking.context.run_for(patience);
  EXPECT_EQ(calls, 3);
}

TEST(Resolver, refuses_a_server_that_is_no_address) {
  boost::asio::io_context context;
  EXPECT_THROW((Resolver{context, {"not an address", 1s}}), boost::system::system_error);
}

TEST_F(ResolverWithNameServer, gives_both_families_and_the_least_ttl) {
  auto const answer = asking->ask("both.test");
  ASSERT_TRUE(answer && *answer);
  EXPECT_THAT((*answer)->list,
              UnorderedElementsAre(ResolvedAddress{make_address("10.2.0.7")}, ResolvedAddress{make_address("fd00::7")}));
  EXPECT_EQ((*answer)->ttl, 600s);
}

TEST_F(ResolverWithNameServer, gives_the_one_family_there_is) {
  auto const only4 = asking->ask("only4.test");
  ASSERT_TRUE(only4 && *only4);
  EXPECT_THAT((*only4)->list, ElementsAre(ResolvedAddress{make_address("10.2.0.8")}));
  EXPECT_EQ((*only4)->ttl, 30s);
  EXPECT_THAT(asking->addresses("only6.test"), ElementsAre(make_address("fd00::8")));
}

TEST_F(ResolverWithNameServer, follows_an_alias_and_takes_the_shorter_ttl) {
  auto const answer = asking->ask("alias.test");
  ASSERT_TRUE(answer && *answer);
  EXPECT_THAT((*answer)->list, ElementsAre(ResolvedAddress{make_address("10.2.0.8")}));
  EXPECT_EQ((*answer)->ttl, 20s);
}

TEST_F(ResolverWithNameServer, completes_a_short_name_from_the_search_list) {
  setenv("LOCALDOMAIN", "nowhere.test test", 1);
  Asking short_names{{loopback_server(server->port()), 5s}};
  unsetenv("LOCALDOMAIN");
  EXPECT_THAT(short_names.addresses("only4"), ElementsAre(make_address("10.2.0.8")));
  EXPECT_THAT(short_names.addresses("only4.test"), ElementsAre(make_address("10.2.0.8")));
}

/// A file for `Options::resolv_conf` that ends with the test.
class ResolvConf {
 public:
  explicit ResolvConf(std::string const& lines) { std::ofstream{path} << lines; }
  ~ResolvConf() { std::remove(path.c_str()); }
  ResolvConf(ResolvConf const&) = delete;
  ResolvConf& operator=(ResolvConf const&) = delete;

  std::string const path = testing::TempDir() + "resolv.conf." + std::to_string(getpid());
};

TEST_F(ResolverWithNameServer, completes_names_by_the_search_list_and_ndots_of_resolv_conf) {
  ResolvConf const file{"nameserver 127.0.0.1\nsearch nowhere.test test\noptions ndots:2\n"};
  Asking names{{loopback_server(server->port()), 5s, file.path}};
  EXPECT_THAT(names.addresses("only4"), ElementsAre(make_address("10.2.0.8")));
  EXPECT_THAT(names.addresses("inner.both"), ElementsAre(make_address("10.2.0.99"))) << "one dot: the search list first";
  EXPECT_THAT(names.addresses("inner.both."), ElementsAre(make_address("10.2.0.98"))) << "absolute: never the search list";
  EXPECT_EQ(names.ask("_web._tcp").value().value().list.size(), 3U) << "services too";
}

TEST_F(ResolverWithNameServer, takes_an_absolute_name) {
  EXPECT_THAT(asking->addresses("only4.test."), ElementsAre(make_address("10.2.0.8")));
  EXPECT_EQ(asking->error("nothing.test."), make_error_code(Errc::no_address));
}

/// Whether the answer over UDP comes cut off, with the TC bit.
bool is_cut_off(unsigned short port, std::string const& question) {
  boost::asio::io_context context;
  udp::socket socket{context, udp::v4()};
  socket.connect({boost::asio::ip::address_v4::loopback(), port});
  socket.send(boost::asio::buffer(question));
  std::array<unsigned char, 4096> answer{};
  bool cut_off = false;
  socket.async_receive(boost::asio::buffer(answer), [&](boost::system::error_code error, std::size_t n) {
    cut_off = !error && n > 3 && (answer[2] & 2U) != 0;
  });
  context.run_for(patience);
  return cut_off;
}

TEST_F(ResolverWithNameServer, takes_an_answer_too_long_for_a_datagram) {
  using namespace std::string_literals;
  ASSERT_TRUE(is_cut_off(server->port(), "\0\1\1\0\0\1\0\0\0\0\0\0\4long\4test\0\0\1\0\1"s)) << "else this shows nothing";
  EXPECT_EQ(asking->addresses("long.test").size(), static_cast<std::size_t>(long_answer));
  EXPECT_EQ(asking->addresses("_long._tcp.test").size(), static_cast<std::size_t>(long_answer));
}

TEST_F(ResolverWithNameServer, takes_so_many_addresses_and_no_more) {
  EXPECT_EQ(asking->addresses("endless.test").size(), max_addresses);
}

TEST_F(ResolverWithNameServer, gives_a_service_s_targets_of_the_lowest_priority_with_port_and_weight) {
  auto const answer = asking->ask("_web._tcp.test");
  ASSERT_TRUE(answer && *answer);
  EXPECT_THAT((*answer)->list, UnorderedElementsAre(ResolvedAddress{make_address("10.2.0.7"), 8080, 3},
                                                    ResolvedAddress{make_address("fd00::7"), 8080, 3},
                                                    ResolvedAddress{make_address("10.2.0.8"), 8081, 1}));
  EXPECT_EQ((*answer)->ttl, 30s) << "the least of all: only4.test's";
}

TEST_F(ResolverWithNameServer, keeps_a_service_s_ports_on_one_address_apart) {
  auto const answer = asking->ask("_same._tcp.test");
  ASSERT_TRUE(answer && *answer);
  EXPECT_THAT((*answer)->list, UnorderedElementsAre(ResolvedAddress{make_address("10.2.0.8"), 8080, 1},
                                                    ResolvedAddress{make_address("10.2.0.8"), 8081, 1}));
}

TEST_F(ResolverWithNameServer, uses_the_targets_of_a_service_that_have_addresses) {
  EXPECT_THAT(asking->addresses("_half._tcp.test"), ElementsAre(make_address("fd00::8")));
  EXPECT_EQ(asking->error("_gone._tcp.test"), make_error_code(Errc::no_address)) << "its only target has none";
  EXPECT_EQ(asking->error("_off._tcp.test"), make_error_code(Errc::no_address)) << "its target is the root";
  EXPECT_EQ(asking->error("_nothing._tcp.test"), make_error_code(Errc::no_address));
}

TEST_F(ResolverWithNameServer, interleaves_the_families) {
  auto const list = asking->addresses("many.test");
  ASSERT_EQ(list.size(), 4U);
  EXPECT_NE(list[0].is_v6(), list[1].is_v6());
  EXPECT_EQ(list[0].is_v6(), list[2].is_v6());
  EXPECT_EQ(list[1].is_v6(), list[3].is_v6());
}

TEST_F(ResolverWithNameServer, says_that_a_name_has_no_address) {
  EXPECT_EQ(asking->error("nothing.test"), make_error_code(Errc::no_address));
  EXPECT_EQ(asking->error("text.test"), make_error_code(Errc::no_address)) << "it exists, but not as a host";
  EXPECT_EQ(asking->error("a..b"), make_error_code(Errc::no_address)) << "it cannot be a name";
}

TEST_F(ResolverWithNameServer, says_that_the_name_server_refused) {
  EXPECT_EQ(asking->error("elsewhere.example"), make_error_code(Errc::resolver_failed));
}

TEST_F(ResolverWithNameServer, does_not_believe_a_name_server_about_localhost) {
  for (auto const& each : asking->addresses("app.localhost")) EXPECT_TRUE(each.is_loopback());
}

TEST_F(ResolverWithNameServer, keeps_look_ups_of_different_names_apart) {
  std::vector<std::string> got;
  auto const note = [&](Result<Addresses> const& result) {
    got.push_back(result ? result->list.front().address.to_string() : "failed");
    if (got.size() == 3) asking->context.stop();
  };
  for (auto const* host : {"only4.test", "only6.test", "nothing.test"}) asking->resolver->resolve(host, note);
  asking->context.run_for(patience);
  EXPECT_THAT(got, UnorderedElementsAre("10.2.0.8", "fd00::8", "failed"));
}

}  // namespace
}  // namespace ambassador::net::resolver_test
