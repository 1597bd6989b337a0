// A client and a server that speak TLS over a pair of sockets, both ours, in one io_context that the test steps by hand.
#pragma once

#include "base/error.hpp"
#include "net/stream.hpp"
#include "support/certificates.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <sys/socket.h>

namespace ambassador::net {

using boost::system::error_code;
using SharedTls = std::shared_ptr<TlsContext const>;

/// What the tests need of certificates, made once: `localhost` by `ca`, and an authority that nobody trusts.
struct TestCertificates {
  support::Directory directory;
  support::CertificateAuthority ca{directory, "ca"};
  support::CertificateAuthority other_ca{directory, "other-ca"};
  support::CertificateOnDisk good = ca.issue("good");

  static TestCertificates& get() {
    static TestCertificates certificates;
    return certificates;
  }
};

inline TlsServerOptions serving(support::CertificateOnDisk const& pair) { return {.certificates = {{pair.cert, pair.key}}}; }
inline TlsClientOptions trusting(std::string ca) { return {.ca = std::move(ca)}; }

class TlsPair : public testing::Test {
 protected:
  using Outcome = std::optional<error_code>;

  TlsPair() { connect(); }

  /// A new pair of sockets, with small buffers where `buffer` says so.
  void connect(int buffer = 0) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    for (int const end : ends) {
      if (buffer != 0) ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    }
    client.emplace(context.get_executor(), wheel, ends[0]);
    server.emplace(context.get_executor(), wheel, ends[1]);
    client_outcome.reset();
    server_outcome.reset();
  }

  void step() {
    context.restart();
    context.poll();
  }
  /// Until `done`, or for so many steps that something hangs.
  bool step_until(std::function<bool()> const& done) {
    for (int steps = 0; steps < 10'000; ++steps) {
      if (done()) return true;
      step();
    }
    return false;
  }

  static SharedTls client_of(TlsClientOptions const& options) { return make_tls_client(options).value(); }
  static SharedTls server_of(TlsServerOptions const& options) { return make_tls_server(options).value(); }

  void spawn(Task<error_code> task, Outcome& outcome) {
    boost::asio::co_spawn(context, std::move(task), [&outcome](std::exception_ptr const& failed, error_code code) {
      EXPECT_FALSE(failed);
      outcome = code;
    });
  }
  void start_client(SharedTls tls, TlsPeer peer = {"localhost"}) {
    spawn(client->start_tls_client(std::move(tls), std::move(peer)), client_outcome);
  }
  void start_server(SharedTls tls, std::string already_read = {}) {
    spawn(server->start_tls_server(std::move(tls), std::move(already_read)), server_outcome);
  }

  /// Both handshakes, as far as they go.
  void shake_hands(SharedTls client_tls, SharedTls server_tls, TlsPeer peer = {"localhost"}) {
    start_client(std::move(client_tls), std::move(peer));
    start_server(std::move(server_tls));
    step_until([this] { return client_outcome && server_outcome; });
  }
  void shake_hands() {
    shake_hands(client_of(trusting(all.ca.file())), server_of(serving(all.good)));
    ASSERT_TRUE(client_outcome && server_outcome);
    ASSERT_FALSE(*client_outcome) << client->tls_detail();
    ASSERT_FALSE(*server_outcome) << server->tls_detail();
  }

  /// All that can be read now; `last` is what ended it.
  std::string read_now(Stream& stream, error_code* last = nullptr) {
    std::string all_bytes;
    std::array<char, 50'000> buffer{};
    for (;;) {
      auto const io = stream.read_some(buffer.data(), buffer.size());
      all_bytes.append(buffer.data(), io.bytes);
      if (io.code && last != nullptr) *last = io.code;
      if (io.code) return all_bytes;
    }
  }
  error_code read_error(Stream& stream) {
    error_code code;
    read_now(stream, &code);
    return code;
  }

  TestCertificates& all = TestCertificates::get();
  boost::asio::io_context context{1};
  SteadyTime const began = std::chrono::steady_clock::now();
  TimerWheel wheel{began};
  std::optional<Stream> client;
  std::optional<Stream> server;
  Outcome client_outcome;
  Outcome server_outcome;
};

}  // namespace ambassador::net
