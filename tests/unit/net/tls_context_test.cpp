#include "net/tls_context.hpp"

#include "tls_pair.hpp"

#include <openssl/ssl.h>

#include <cstdlib>

namespace ambassador::net::tls_context_test {
namespace {

using namespace std::chrono_literals;

class TlsContextTest : public testing::Test {
 protected:
  std::string fault_of(MadeTlsContext const& made) { return made ? "" : made.error().message; }

  support::Directory directory;
  support::CertificateAuthority ca{directory, "ca"};
  support::CertificateOnDisk good = ca.issue("good");
};

TEST_F(TlsContextTest, says_what_is_wrong_with_a_file) {
  auto const other = ca.issue("other");
  auto const text = support::Directory::read(good.cert);
  struct Row {
    char const* what;
    std::string cert;
    std::string key;
    std::vector<std::string> says;
  };
  Row const rows[] = {
      {"missing certificate", directory.file("none.crt"), good.key, {"none.crt", "No such file", "check"}},
      {"missing key", good.cert, directory.file("none.key"), {"none.key", "No such file"}},
      {"another's key", good.cert, other.key, {other.key, good.cert, "does not belong"}},
      {"a directory", directory.file(""), good.key, {"Is a directory"}},
      {"empty", directory.write("empty.crt", ""), good.key, {"empty.crt", "holds no certificate", "BEGIN CERTIFICATE"}},
      {"binary", directory.write("der.crt", "\x30\x82\x01\x02"), good.key, {"der.crt", "DER", "openssl x509"}},
      {"cut", directory.write("cut.crt", text.substr(0, text.size() / 2)), good.key, {"cut.crt", "damaged"}},
      {"a certificate as the key", good.cert, good.cert, {good.cert, "no private key"}},
      {"a passphrase",
       good.cert,
       directory.write("locked.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMA==\n"),
       {"passphrase"}},
  };
  for (auto const& row : rows) {
    auto const server = fault_of(make_tls_server({.certificates = {{row.cert, row.key}}}));
    auto const client = fault_of(make_tls_client({.ca = ca.file(), .cert = row.cert, .key = row.key}));
    EXPECT_EQ(server, client) << row.what;
    for (auto const& part : row.says) EXPECT_NE(server.find(part), std::string::npos) << row.what << ": " << server;
  }
}

TEST_F(TlsContextTest, says_what_is_wrong_with_a_ca) {
  EXPECT_NE(fault_of(make_tls_client(trusting(directory.file("none.crt")))).find("the CA"), std::string::npos);
  auto options = serving(good);
  options.client_ca = directory.write("empty.crt", "");
  EXPECT_NE(fault_of(make_tls_server(options)).find("the CA " + options.client_ca), std::string::npos);
  EXPECT_NE(fault_of(make_tls_server({})).find("certificate"), std::string::npos);
}

TEST_F(TlsContextTest, knows_when_each_file_s_first_certificate_ends) {
  auto const soon = ca.issue("soon", {.ends = 1h});
  auto const chain = directory.write("chain.crt", support::Directory::read(good.cert) + support::Directory::read(soon.cert));
  auto options = serving(good);
  options.certificates.push_back({chain, good.key});
  options.client_ca = ca.file();
  auto const made = make_tls_server(options).value();
  auto const& found = made->expiries();
  ASSERT_EQ(found.size(), 3U);
  auto const hours_left = [](Expiry const& expiry) {
    return std::chrono::round<std::chrono::hours>(expiry.not_after - std::chrono::system_clock::now()).count();
  };
  EXPECT_EQ(found[0].file, good.cert);
  EXPECT_EQ(hours_left(found[0]), 24);
  EXPECT_EQ(found[1].file, chain);
  EXPECT_EQ(hours_left(found[1]), 1);
  EXPECT_EQ(found[2].file, ca.file());
  EXPECT_EQ(hours_left(found[2]), 48);
}

TEST_F(TlsContextTest, trusts_ssl_cert_file_where_no_ca_is_named) {
  ::setenv("SSL_CERT_FILE", directory.file("none.crt").c_str(), 1);
  auto const missing = fault_of(make_tls_client({}));
  ::setenv("SSL_CERT_FILE", ca.file().c_str(), 1);
  auto const one = make_tls_client({}).value();
  auto const two = make_tls_client({}).value();
  ::unsetenv("SSL_CERT_FILE");
  EXPECT_NE(missing.find("none.crt"), std::string::npos) << missing;
  EXPECT_EQ(SSL_CTX_get_cert_store(one->handle()), SSL_CTX_get_cert_store(two->handle())) << "it is read once";
  EXPECT_EQ(sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(one->handle()))), 1);
  EXPECT_TRUE(one->expiries().empty());
  EXPECT_TRUE(make_tls_client({.verify = false})) << "no bundle is needed";
}

}  // namespace
}  // namespace ambassador::net::tls_context_test
