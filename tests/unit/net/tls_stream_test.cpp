#include "tls_pair.hpp"

#include <openssl/ssl.h>

namespace ambassador::net::tls_stream_test {
namespace {

using namespace std::chrono_literals;

/// Bytes in which a piece at the wrong place shows.
std::string numbered(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

/// A server of OpenSSL's own making, for what ours never does.
class PlainOpenssl {
 public:
  PlainOpenssl(int descriptor, support::CertificateOnDisk const& pair) : context_{SSL_CTX_new(TLS_server_method())} {
    SSL_CTX_use_certificate_file(context_, pair.cert.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_, pair.key.c_str(), SSL_FILETYPE_PEM);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, descriptor);
  }
  ~PlainOpenssl() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  PlainOpenssl(PlainOpenssl const&) = delete;
  PlainOpenssl& operator=(PlainOpenssl const&) = delete;

  bool accept() { return SSL_accept(ssl_) == 1; }
  void ask_for_new_keys(std::string_view then) {
    ASSERT_EQ(SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_EQ(SSL_write(ssl_, then.data(), static_cast<int>(then.size())), static_cast<int>(then.size()));
  }
  std::string read_now() {
    std::string got;
    std::array<char, 20'000> buffer{};
    for (;;) {
      auto const bytes = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
      if (bytes <= 0) return got;
      got.append(buffer.data(), static_cast<std::size_t>(bytes));
    }
  }

 private:
  SSL_CTX* context_;
  SSL* ssl_;
};

class TlsStreamTest : public TlsPair {
 protected:
  void SetUp() override {
    client_options = trusting(all.ca.file());
    server_options = serving(all.good);
  }

  /// A connection, with `version` at most.
  void open(int version = TLS1_3_VERSION, TlsSessionSlot* slot = nullptr) {
    if (!client_tls) client_tls = client_of(client_options);
    if (!server_tls) server_tls = server_of(server_options);
    SSL_CTX_set_max_proto_version(client_tls->handle(), version);
    shake_hands(client_tls, server_tls, {"localhost", slot});
    ASSERT_FALSE(client_outcome.value()) << client->tls_detail();
    ASSERT_FALSE(server_outcome.value()) << server->tls_detail();
  }

  static void send(Stream& stream, std::string_view bytes) { ASSERT_EQ(stream.write_some(bytes).bytes, bytes.size()); }

  /// Whether a wait for input ends, when all that is there has been looked at.
  bool wakes(Stream& stream) {
    auto const woken = std::make_shared<bool>(false);
    auto& flag = *woken;
    wakes_.push_back(woken);
    stream.on_readable([&flag](bool aborted) { flag = !aborted; });
    step();
    return flag;
  }

  /// What comes out at `from` while `to_write` goes in at `to`; counts the writes that were blocked.
  std::string pass(Stream& to, Stream& from, std::string_view to_write, std::size_t most_at_once, unsigned& blocked) {
    std::string got;
    for (int steps = 0; steps < 100'000 && got.size() < to_write.size(); ++steps) {
      auto const left = to_write.substr(written_);
      auto const io = left.empty() ? Io{} : to.write_some(left.substr(0, most_at_once));
      EXPECT_TRUE(!io.code || io.blocked()) << io.code;
      written_ += io.bytes;
      if (io.blocked()) ++blocked;
      if (io.blocked() || left.empty()) got += read_now(from);
      step();
    }
    written_ = 0;
    return got;
  }

  TlsClientOptions client_options;
  TlsServerOptions server_options;
  SharedTls client_tls;
  SharedTls server_tls;
  std::size_t written_ = 0;
  std::vector<std::shared_ptr<bool>> wakes_;
};

TEST_F(TlsStreamTest, carries_bytes_both_ways_and_hides_them) {
  open();
  send(*client, "question");
  EXPECT_EQ(read_now(*server), "question");
  send(*server, "answer");
  EXPECT_EQ(read_now(*client), "answer");
  send(*client, "a secret");
  std::array<char, 100> raw{};
  auto const got = ::recv(server->descriptor(), raw.data(), raw.size(), 0);
  ASSERT_GT(got, 0);
  EXPECT_EQ(std::string_view(raw.data(), static_cast<std::size_t>(got)).find("secret"), std::string_view::npos);
}

TEST_F(TlsStreamTest, waits_without_spinning_and_wakes_for_bytes) {
  open();
  read_now(*client);
  EXPECT_FALSE(wakes(*client)) << "tickets were read, nothing else came";
  send(*server, "answer");
  step();
  EXPECT_TRUE(*wakes_.back());
  EXPECT_EQ(read_now(*client), "answer");
}

TEST_F(TlsStreamTest, bytes_that_openssl_has_already_end_a_wait) {
  open();
  read_now(*client);
  send(*server, numbered(10'000));
  step();
  std::array<char, 100> some{};
  EXPECT_EQ(client->read_some(some.data(), some.size()).bytes, some.size());
  EXPECT_TRUE(client->has_shown_input());
  EXPECT_TRUE(client->has_input());
  EXPECT_TRUE(wakes(*client)) << "the rest of the record waits inside";
  EXPECT_EQ(read_now(*client).size(), 9'900U);
  EXPECT_FALSE(client->has_shown_input());
  EXPECT_FALSE(wakes(*client));
}

TEST_F(TlsStreamTest, part_of_a_record_is_no_input) {
  open();
  read_now(*client);
  send(*server, numbered(1'000));
  std::array<char, 2'000> record{};
  auto const size = ::recv(client->descriptor(), record.data(), record.size(), 0);
  ASSERT_GT(size, 1'000);
  std::string_view const bytes{record.data(), static_cast<std::size_t>(size)};
  auto const inject = [&](std::string_view part) {
    ASSERT_EQ(::send(server->descriptor(), part.data(), part.size(), 0), static_cast<ssize_t>(part.size()));
  };
  inject(bytes.substr(0, 300));
  step();
  EXPECT_FALSE(client->has_input());
  EXPECT_FALSE(client->has_shown_input());
  EXPECT_EQ(read_now(*client), "");
  EXPECT_FALSE(wakes(*client)) << "it would spin until the rest comes";
  inject(bytes.substr(300));
  step();
  EXPECT_TRUE(*wakes_.back());
  EXPECT_EQ(read_now(*client), numbered(1'000));
}

TEST_F(TlsStreamTest, tickets_are_no_input) {
  open();
  EXPECT_FALSE(client->has_input());
  EXPECT_FALSE(client->has_shown_input());
  send(*server, "x");
  step();
  EXPECT_TRUE(client->has_shown_input());
  EXPECT_TRUE(client->has_input());
  EXPECT_EQ(read_now(*client), "x");
}

TEST_F(TlsStreamTest, big_transfers_are_whole_through_small_buffers) {
  for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    connect(8 * 1024);
    open(version);
    auto const bytes = numbered(1'000'000);
    for (std::size_t const piece : {std::size_t{1'000'000}, std::size_t{30'000}}) {
      unsigned blocked = 0;
      EXPECT_TRUE(pass(*client, *server, bytes, piece, blocked) == bytes);
      EXPECT_GT(blocked, 10U) << "no write was partial";
      EXPECT_TRUE(pass(*server, *client, bytes, piece, blocked) == bytes);
    }
  }
}

TEST_F(TlsStreamTest, a_blocked_write_may_come_again_with_more_and_elsewhere) {
  connect(8 * 1024);
  open();
  auto const bytes = numbered(100'000);
  std::size_t taken = 0;
  std::string got;
  for (int steps = 0; steps < 10'000 && taken < bytes.size(); ++steps) {
    // Each try is at another address, and every second one brings more.
    std::string const copy = bytes.substr(taken, steps % 2 == 0 ? 20'000 : 60'000);
    auto const io = client->write_some(std::string_view{copy});
    taken += io.bytes;
    if (io.blocked()) got += read_now(*server);
    step();
  }
  got += read_now(*server);
  EXPECT_TRUE(got == bytes) << got.size();
}

TEST_F(TlsStreamTest, write_all_writes_all) {
  connect(8 * 1024);
  open();
  Outcome outcome;
  spawn(client->write_all(numbered(500'000), 1000ms), outcome);
  std::string got;
  step_until([&] {
    got += read_now(*server);
    return outcome.has_value();
  });
  got += read_now(*server);
  EXPECT_FALSE(outcome.value());
  EXPECT_TRUE(got == numbered(500'000));
}

TEST_F(TlsStreamTest, parts_are_joined_into_one_record) {
  open();
  read_now(*server);
  std::string head = "HTTP/1.1 200 OK\r\n\r\n";
  std::string empty;
  std::string body = numbered(1'000);
  std::array const parts{iovec{head.data(), head.size()}, iovec{empty.data(), 0}, iovec{body.data(), body.size()}};
  EXPECT_EQ(client->write_some(parts).bytes, head.size() + body.size());
  std::array<char, 4'000> raw{};
  auto const got = ::recv(server->descriptor(), raw.data(), raw.size(), MSG_PEEK);
  EXPECT_LT(got, static_cast<ssize_t>(head.size() + body.size() + 30)) << "the overhead of more than one record";
  EXPECT_EQ(read_now(*server), head + body);
}

TEST_F(TlsStreamTest, parts_of_every_size_arrive_in_order) {
  connect(8 * 1024);
  open();
  auto const all_bytes = numbered(200'000);
  for (std::size_t const first :
       {std::size_t{0}, std::size_t{10}, std::size_t{16'383}, std::size_t{16'384}, std::size_t{50'000}}) {
    for (std::size_t const second : {std::size_t{0}, std::size_t{1}, std::size_t{20'000}, std::size_t{100'000}}) {
      std::size_t taken = 0;
      std::string got;
      for (int steps = 0; steps < 10'000 && got.size() < all_bytes.size(); ++steps) {
        std::string_view const left = std::string_view{all_bytes}.substr(taken);
        auto const one = left.substr(0, first > taken ? first - taken : 0);
        auto const two = left.substr(one.size(), second);
        auto const three = left.substr(one.size() + two.size());
        std::array const parts{iovec{const_cast<char*>(one.data()), one.size()},
                               iovec{const_cast<char*>(two.data()), two.size()},
                               iovec{const_cast<char*>(three.data()), three.size()}};
        auto const io = client->write_some(parts);
        ASSERT_TRUE(!io.code || io.blocked()) << io.code;
        taken += io.bytes;
        got += read_now(*server);
        step();
      }
      EXPECT_TRUE(got == all_bytes) << first << ' ' << second;
    }
  }
}

TEST_F(TlsStreamTest, one_end_leaves_the_other_way_open) {
  open();
  send(*client, "last");
  client->shutdown_send();
  step();
  error_code end;
  EXPECT_EQ(read_now(*server, &end), "last");
  EXPECT_EQ(end, Errc::end_of_stream);
  EXPECT_TRUE(server->has_input());
  EXPECT_TRUE(server->peer_has_ended());
  EXPECT_TRUE(wakes(*server)) << "an end stays readable";
  send(*server, "answer");
  EXPECT_EQ(read_now(*client, &end), "answer");
  EXPECT_TRUE(end == boost::asio::error::would_block) << end;
  server->shutdown_send();
  step();
  EXPECT_EQ(read_error(*client), Errc::end_of_stream);
}

TEST_F(TlsStreamTest, a_close_notify_alone_is_an_end) {
  open();
  read_now(*client);
  EXPECT_FALSE(client->peer_has_ended());
  std::array<char, 100> notify{};
  // The notify without the FIN that shutdown_send sends too.
  server->shutdown_send();
  auto const size = ::recv(client->descriptor(), notify.data(), notify.size(), 0);
  ASSERT_GT(size, 0);
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
  ASSERT_EQ(::send(ends[1], notify.data(), static_cast<std::size_t>(size), 0), size);
  ASSERT_EQ(::dup2(ends[0], client->descriptor()), client->descriptor());
  EXPECT_TRUE(client->has_input());
  EXPECT_TRUE(client->peer_has_ended());
  EXPECT_EQ(read_error(*client), Errc::end_of_stream);
  EXPECT_TRUE(wakes(*client));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(TlsStreamTest, an_end_that_does_not_fit_is_sent_later) {
  connect(4 * 1024);
  open();
  std::size_t room = 0;
  while (!client->write_some(std::string_view{"x"}).blocked()) ++room;
  // Again, but without the write that does not fit: an end may not overtake it.
  connect(4 * 1024);
  open();
  for (std::size_t i = 0; i < room; ++i) send(*client, "x");
  client->shutdown_send();
  step();
  error_code end;
  EXPECT_EQ(read_now(*server, &end), std::string(room, 'x'));
  EXPECT_EQ(end, boost::asio::error::would_block) << "there was room for it: the test shows nothing";
  step();
  EXPECT_EQ(read_error(*server), Errc::end_of_stream);
}

TEST_F(TlsStreamTest, an_end_that_waits_does_not_outlive_its_stream) {
  connect(4 * 1024);
  open();
  std::size_t room = 0;
  while (!client->write_some(std::string_view{"x"}).blocked()) ++room;
  connect(4 * 1024);
  open();
  for (std::size_t i = 0; i < room; ++i) send(*client, "x");
  client->shutdown_send();
  client.reset();
  read_now(*server);
  step();
}

TEST_F(TlsStreamTest, closing_says_that_it_was_all) {
  open();
  send(*client, "last");
  client->close();
  error_code end;
  EXPECT_EQ(read_now(*server, &end), "last");
  EXPECT_EQ(end, Errc::end_of_stream);
  EXPECT_EQ(client->tls(), nullptr);
}

TEST_F(TlsStreamTest, what_is_cut_is_no_end) {
  open();
  send(*client, "half");
  client->shutdown_both();
  error_code end;
  EXPECT_EQ(read_now(*server, &end), "half");
  EXPECT_EQ(end, Errc::tls_truncated);
  EXPECT_TRUE(server->has_input());
  EXPECT_TRUE(server->peer_has_ended());
  EXPECT_EQ(read_error(*server), Errc::tls_truncated) << "and stays so";
}

TEST_F(TlsStreamTest, a_reset_says_nothing) {
  open();
  client->reset();
  auto const code = read_error(*server);
  EXPECT_TRUE(code == Errc::tls_truncated || code == boost::asio::error::connection_reset) << code;
}

TEST_F(TlsStreamTest, bytes_that_were_changed_on_the_way_are_an_error) {
  open();
  read_now(*client);
  char const forged[] = "\x17\x03\x03\x00\x20 forged forged forged forged forged";
  ASSERT_GT(::send(server->descriptor(), forged, 37, 0), 0);
  EXPECT_EQ(read_error(*client), Errc::tls_failed);
  EXPECT_NE(client->tls_detail(), "");
  EXPECT_TRUE(client->has_input());
}

TEST_F(TlsStreamTest, new_keys_are_taken_while_nothing_can_be_written) {
  connect(8 * 1024);
  PlainOpenssl peer{server->descriptor(), all.good};
  start_client(client_of(client_options));
  step_until([&] { return peer.accept() && client_outcome; });
  ASSERT_FALSE(client_outcome.value()) << client->tls_detail();
  // The client's way is full, so that it cannot answer the server's KeyUpdate.
  auto const bytes = numbered(500'000);
  std::size_t taken = 0;
  for (;;) {
    auto const io = client->write_some(std::string_view{bytes}.substr(taken));
    taken += io.bytes;
    if (io.blocked()) break;
  }
  peer.ask_for_new_keys("after");
  step();
  EXPECT_TRUE(client->has_input());
  EXPECT_EQ(read_now(*client), "after");
  std::string got;
  for (int steps = 0; steps < 10'000 && got.size() < bytes.size(); ++steps) {
    if (taken < bytes.size()) taken += client->write_some(std::string_view{bytes}.substr(taken)).bytes;
    got += peer.read_now();
    step();
  }
  EXPECT_TRUE(got == bytes) << got.size();
}

// Resumption.

TEST_F(TlsStreamTest, a_session_is_resumed) {
  for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SCOPED_TRACE(version);
    TlsSessionSlot slot;
    connect();
    open(version, &slot);
    EXPECT_FALSE(client->tls()->resumed);
    read_now(*client);
    EXPECT_FALSE(slot.empty());
    for (int times = 0; times < 3; ++times) {
      connect();
      open(version, &slot);
      EXPECT_TRUE(client->tls()->resumed) << times;
      EXPECT_TRUE(server->tls()->resumed);
      EXPECT_EQ(client->tls()->peer_name, "CN=localhost") << "known from the session";
      send(*client, "question");
      EXPECT_EQ(read_now(*server), "question");
      read_now(*client);
    }
  }
}

TEST_F(TlsStreamTest, a_session_survives_a_connection_that_is_cut) {
  TlsSessionSlot slot;
  open(TLS1_2_VERSION, &slot);
  server->shutdown_both();
  EXPECT_EQ(read_error(*client), Errc::tls_truncated);
  connect();
  open(TLS1_2_VERSION, &slot);
  EXPECT_TRUE(client->tls()->resumed);
}

TEST_F(TlsStreamTest, a_ticket_is_used_once) {
  TlsSessionSlot slot;
  open(TLS1_3_VERSION, &slot);
  read_now(*client);
  int resumed = 0;
  for (int times = 0; times < 5; ++times) {
    connect();
    open(TLS1_3_VERSION, &slot);  // and its tickets are not read
    if (client->tls()->resumed) ++resumed;
  }
  EXPECT_EQ(resumed, 2) << "a server gives two";
  EXPECT_TRUE(slot.empty());
}

TEST_F(TlsStreamTest, a_session_is_not_used_for_another_name_or_context) {
  TlsSessionSlot slot;
  open(TLS1_3_VERSION, &slot);
  read_now(*client);
  connect();
  auto const other = client_of(client_options);
  shake_hands(other, server_tls, {"localhost", &slot});
  ASSERT_FALSE(client_outcome.value());
  EXPECT_FALSE(client->tls()->resumed) << "the context that verified it may not be in force any more";
  read_now(*client);
  connect();
  shake_hands(other, server_tls, {"127.0.0.1", &slot});
  ASSERT_FALSE(client_outcome.value());
  EXPECT_FALSE(client->tls()->resumed);
}

}  // namespace
}  // namespace ambassador::net::tls_stream_test
