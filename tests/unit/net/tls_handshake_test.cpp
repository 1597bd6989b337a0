#include "tls_pair.hpp"

#include <openssl/ssl.h>

namespace ambassador::net::tls_handshake_test {
namespace {

using namespace std::chrono_literals;
using support::CertificateWish;
using support::KeyKind;

class TlsHandshakeTest : public TlsPair {};

TEST_F(TlsHandshakeTest, agrees_and_says_on_what) {
  EXPECT_EQ(client->tls(), nullptr);
  shake_hands();
  auto const* const ours = client->tls();
  ASSERT_NE(ours, nullptr);
  EXPECT_EQ(ours->version, "TLSv1.3");
  EXPECT_FALSE(ours->cipher.empty());
  EXPECT_EQ(ours->server_name, "localhost");
  EXPECT_EQ(ours->peer_name, "CN=localhost");
  EXPECT_FALSE(ours->resumed);
  EXPECT_EQ(server->tls()->server_name, "localhost");
  EXPECT_EQ(server->tls()->peer_name, "") << "nobody asked the client for a certificate";
  EXPECT_EQ(server->tls_detail(), "");
}

TEST_F(TlsHandshakeTest, takes_both_kinds_of_keys) {
  for (auto const kind : {KeyKind::ecdsa, KeyKind::rsa}) {
    connect();
    shake_hands(client_of(trusting(all.ca.file())), server_of(serving(all.ca.issue("kind", {.key = kind}))));
    ASSERT_TRUE(client_outcome);
    EXPECT_FALSE(*client_outcome) << client->tls_detail();
  }
}

TEST_F(TlsHandshakeTest, goes_through_small_buffers) {
  connect(1);
  shake_hands();
  EXPECT_NE(client->tls(), nullptr);
}

TEST_F(TlsHandshakeTest, uses_what_was_read_before) {
  start_client(client_of(trusting(all.ca.file())));
  step();
  std::array<char, 20> first{};
  ASSERT_EQ(server->read_some(first.data(), first.size()).bytes, first.size());
  start_server(server_of(serving(all.good)), std::string{first.data(), first.size()});
  step_until([this] { return client_outcome && server_outcome; });
  EXPECT_FALSE(client_outcome.value());
  EXPECT_FALSE(server_outcome.value());
}

TEST_F(TlsHandshakeTest, chooses_a_protocol_that_both_speak) {
  struct Row {
    std::vector<std::string> offered;
    std::string chosen;
  };
  for (auto const& [offered, chosen] : {Row{{"h2", "http/1.1"}, "http/1.1"}, Row{{"h2"}, ""}, Row{{}, ""}}) {
    connect();
    auto client_options = trusting(all.ca.file());
    client_options.alpn = offered;
    auto server_options = serving(all.good);
    server_options.alpn = {"http/1.1"};
    shake_hands(client_of(client_options), server_of(server_options));
    ASSERT_FALSE(client_outcome.value()) << client->tls_detail();
    EXPECT_EQ(client->tls()->alpn, chosen);
    EXPECT_EQ(server->tls()->alpn, chosen);
  }
}

struct Refusal {
  char const* what;
  CertificateWish wish;
  bool trusted_ca;
  char const* asked;
  Errc code;
  char const* detail;
};

Refusal const refusals[] = {
    {"expired", {.begins = -48h, .ends = -1h}, true, "localhost", Errc::tls_expired, "valid from"},
    {"not yet valid", {.begins = 1h}, true, "localhost", Errc::tls_expired, "not yet valid"},
    {"wrong name", {}, true, "api.example.com", Errc::tls_wrong_name, "is for localhost"},
    {"wrong address", {}, true, "127.0.0.2", Errc::tls_wrong_name, "IP address mismatch"},
    {"a name where an address is asked for", {.names = "DNS:127.0.0.1"}, true, "127.0.0.1", Errc::tls_wrong_name, ""},
    {"two labels under a wildcard", {.names = "DNS:*.example.com"}, true, "a.b.example.com", Errc::tls_wrong_name, ""},
    {"part of a label", {.names = "DNS:a*.example.com"}, true, "ab.example.com", Errc::tls_wrong_name, ""},
    {"a name that would break a line of the log",
     {.names = "DNS:a\x01\x7f\nb"},
     true,
     "localhost",
     Errc::tls_wrong_name,
     "for a???b"},
    {"no name to check", {}, true, "", Errc::tls_wrong_name, "no name"},
    {"unknown CA", {}, false, "localhost", Errc::tls_unknown_ca, "issued by CN=other-ca"},
};

TEST_F(TlsHandshakeTest, refuses_a_server_and_says_why) {
  for (auto const& row : refusals) {
    SCOPED_TRACE(row.what);
    connect();
    auto const pair = (row.trusted_ca ? all.ca : all.other_ca).issue("refused", row.wish);
    shake_hands(client_of(trusting(all.ca.file())), server_of(serving(pair)), {row.asked});
    ASSERT_TRUE(client_outcome);
    EXPECT_EQ(*client_outcome, row.code) << *client_outcome;
    EXPECT_NE(client->tls_detail().find(row.detail), std::string::npos) << client->tls_detail();
    EXPECT_EQ(client->tls(), nullptr);
  }
}

TEST_F(TlsHandshakeTest, refuses_a_server_that_signed_for_itself) {
  auto const pair = support::CertificateAuthority::self_signed(all.directory, "self");
  shake_hands(client_of(trusting(all.ca.file())), server_of(serving(pair)));
  EXPECT_EQ(client_outcome.value(), Errc::tls_unknown_ca);
  EXPECT_EQ(server_outcome.value(), Errc::tls_client_refused) << "the server hears of it by an alert";
  connect();
  shake_hands(client_of(trusting(pair.cert)), server_of(serving(pair)));
  EXPECT_FALSE(client_outcome.value()) << "whom the user names is trusted";
}

TEST_F(TlsHandshakeTest, takes_names_as_they_are_meant) {
  struct Row {
    char const* names;
    char const* asked;
    char const* sni;
  };
  for (auto const& [names, asked, sni] :
       {Row{"DNS:localhost", "localhost.", "localhost"}, Row{"IP:127.0.0.1", "127.0.0.1", ""}, Row{"IP:::1", "[::1]", ""},
        Row{"IP:::1", "::1", ""}, Row{"DNS:*.example.com", "API.example.com", "API.example.com"}}) {
    SCOPED_TRACE(asked);
    connect();
    shake_hands(client_of(trusting(all.ca.file())), server_of(serving(all.ca.issue("named", {.names = names}))), {asked});
    ASSERT_FALSE(client_outcome.value()) << client->tls_detail();
    EXPECT_EQ(server->tls()->server_name, sni);
  }
}

TEST_F(TlsHandshakeTest, takes_any_certificate_where_verify_is_off) {
  auto const pair = all.other_ca.issue("any", {.begins = -48h, .ends = -1h});
  shake_hands(client_of({.verify = false}), server_of(serving(pair)), {"api.example.com"});
  EXPECT_FALSE(client_outcome.value()) << client->tls_detail();
  EXPECT_EQ(server->tls()->server_name, "api.example.com");
}

TEST_F(TlsHandshakeTest, names_a_peer_that_speaks_no_tls) {
  start_client(client_of(trusting(all.ca.file())));
  step();
  ASSERT_FALSE(server->write_some(std::string_view{"HTTP/1.1 400 Bad Request\r\n\r\n"}).code);
  step();
  EXPECT_EQ(client_outcome.value(), Errc::tls_protocol) << client->tls_detail();
  EXPECT_EQ(client->tls_detail(), "wrong version number");
  connect();
  start_server(server_of(serving(all.good)));
  ASSERT_FALSE(client->write_some(std::string_view{"GET / HTTP/1.1\r\n\r\n"}).code);
  step();
  EXPECT_EQ(server_outcome.value(), Errc::tls_protocol) << server->tls_detail();
  EXPECT_EQ(server->tls_detail(), "http request");
}

TEST_F(TlsHandshakeTest, refuses_old_versions) {
  auto const old = client_of({.verify = false});
  SSL_CTX_set_min_proto_version(old->handle(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(old->handle(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(old->handle(), 0);
  shake_hands(old, server_of(serving(all.good)));
  EXPECT_EQ(server_outcome.value(), Errc::tls_protocol) << server->tls_detail();
  EXPECT_EQ(client_outcome.value(), Errc::tls_protocol) << client->tls_detail();
}

TEST_F(TlsHandshakeTest, says_that_the_peer_closed) {
  start_client(client_of(trusting(all.ca.file())));
  step();
  server->close();
  step();
  ASSERT_TRUE(client_outcome);
  EXPECT_TRUE(*client_outcome == Errc::tls_failed || *client_outcome == boost::asio::error::connection_reset);
  EXPECT_NE(client->tls_detail(), "");
}

TEST_F(TlsHandshakeTest, ends_at_the_deadline) {
  client->expires_at(began + 100ms);
  start_client(client_of(trusting(all.ca.file())));
  step();
  EXPECT_FALSE(client_outcome);
  wheel.advance(began + 200ms);
  step();
  EXPECT_EQ(client_outcome.value(), Errc::timed_out);
}

TEST_F(TlsHandshakeTest, ends_when_it_is_cancelled_or_closed) {
  for (bool const closed : {false, true}) {
    connect();
    start_client(client_of(trusting(all.ca.file())));
    step();
    if (closed) {
      client->close();
    } else {
      client->cancel();
    }
    step();
    ASSERT_TRUE(client_outcome) << closed;
    EXPECT_EQ(*client_outcome, boost::asio::error::operation_aborted);
  }
}

// Client certificates.

class TlsClientCertificateTest : public TlsPair {
 protected:
  void shake_hands_with(support::CertificateOnDisk const* own, bool required) {
    auto client_options = trusting(all.ca.file());
    if (own != nullptr) {
      client_options.cert = own->cert;
      client_options.key = own->key;
    }
    client_tls = client_of(client_options);
    auto server_options = serving(all.good);
    server_options.client_ca = all.ca.file();
    server_options.client_required = required;
    server_tls = server_of(server_options);
    for (auto const& tls : {client_tls, server_tls}) SSL_CTX_set_max_proto_version(tls->handle(), version);
    shake_hands(client_tls, server_tls);
  }

  int version = TLS1_3_VERSION;
  SharedTls client_tls;
  SharedTls server_tls;
};

TEST_F(TlsClientCertificateTest, is_asked_for_and_verified) {
  auto const own = all.ca.issue("client", {.subject = "orders", .names = ""});
  shake_hands_with(&own, true);
  ASSERT_FALSE(server_outcome.value()) << server->tls_detail();
  EXPECT_EQ(server->tls()->peer_name, "CN=orders");
}

TEST_F(TlsClientCertificateTest, may_be_missing_where_it_is_optional) {
  shake_hands_with(nullptr, false);
  ASSERT_FALSE(server_outcome.value()) << server->tls_detail();
  EXPECT_EQ(server->tls()->peer_name, "");
}

TEST_F(TlsClientCertificateTest, is_refused_by_the_rules_for_servers) {
  struct Row {
    support::CertificateOnDisk pair;
    Errc code;
  };
  for (auto const& [pair, code] : {Row{all.other_ca.issue("stranger"), Errc::tls_unknown_ca},
                                   Row{all.ca.issue("late", {.begins = -48h, .ends = -1h}), Errc::tls_expired}}) {
    for (bool const required : {true, false}) {
      connect();
      shake_hands_with(&pair, required);
      EXPECT_EQ(server_outcome.value(), code) << server->tls_detail();
      EXPECT_EQ(read_error(*client), Errc::tls_client_refused) << client->tls_detail();
    }
  }
}

TEST_F(TlsClientCertificateTest, that_is_missing_is_named_on_both_sides) {
  for (int const spoken : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    connect();
    version = spoken;
    shake_hands_with(nullptr, true);
    EXPECT_EQ(server_outcome.value(), Errc::tls_client_refused) << server->tls_detail();
    auto const heard = *client_outcome ? *client_outcome : read_error(*client);
    EXPECT_EQ(heard, Errc::tls_client_refused) << client->tls_detail();
  }
}

TEST_F(TlsClientCertificateTest, that_is_missing_is_named_where_a_write_fails) {
  shake_hands_with(nullptr, true);
  ASSERT_FALSE(client_outcome.value()) << "in TLS 1.3 the client is done before the server has looked";
  server->close();
  auto const io = client->write_some(std::string_view{"GET / HTTP/1.1\r\n\r\n"});
  EXPECT_EQ(io.code, Errc::tls_client_refused) << io.code;
}

// The choice among certificates.

TEST_F(TlsHandshakeTest, chooses_the_certificate_by_the_name_asked_for) {
  auto options = serving(all.good);
  auto const add = [&](support::CertificateOnDisk const& pair) { options.certificates.push_back({pair.cert, pair.key}); };
  add(all.ca.issue("wild", {.subject = "wild", .names = "DNS:*.example.com"}));
  add(all.ca.issue("exact", {.subject = "exact", .names = "DNS:api.example.com,DNS:other.example.org"}));
  options.client_ca = all.ca.file();
  options.alpn = {"http/1.1"};
  auto const server_tls = server_of(options);
  auto const own = all.ca.issue("client");
  auto const client_tls = client_of({.cert = own.cert, .key = own.key, .verify = false, .alpn = {"http/1.1"}});
  struct Row {
    char const* asked;
    char const* got;
  };
  for (auto const& [asked, got] :
       {Row{"localhost", "CN=localhost"}, Row{"www.example.com", "CN=wild"}, Row{"a.b.example.com", "CN=localhost"},
        Row{"API.example.com", "CN=exact"}, Row{"other.example.org", "CN=exact"}, Row{"example.com", "CN=localhost"},
        Row{"127.0.0.1", "CN=localhost"}}) {
    SCOPED_TRACE(asked);
    connect();
    shake_hands(client_tls, server_tls, {asked});
    ASSERT_FALSE(server_outcome.value()) << server->tls_detail();
    EXPECT_EQ(client->tls()->peer_name, got);
    EXPECT_EQ(server->tls()->peer_name, "CN=localhost") << "the client's certificate is wanted whatever name was asked for";
    EXPECT_EQ(client->tls()->alpn, "http/1.1");
  }
}

}  // namespace
}  // namespace ambassador::net::tls_handshake_test
