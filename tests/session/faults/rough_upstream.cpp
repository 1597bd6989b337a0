#include "rough_upstream.hpp"

namespace ambassador::faults {
namespace {

using support::Socket;

constexpr std::chrono::milliseconds slow_pause{20};

std::string const ok_line = "HTTP/1.1 200 OK\r\n";

/// A connection is shut down by the destructor while a thread waits on it: this bounds that wait.
constexpr std::chrono::milliseconds longest_wait{5000};

std::string read_rest(Socket& socket, std::string head) {
  std::size_t end = support::incomplete;
  socket.receive_until(
      [&](std::string_view bytes) { return (end = support::message_end(head + std::string{bytes})) != support::incomplete; },
      longest_wait);
  return end == support::incomplete ? std::string{} : head + socket.take(end - head.size());
}

/// True where the connection goes on.
bool reply(Socket& socket, Fate fate, RoughPath const& path, Random random) {
  auto const body = tagged_body(path.tag + "-reply", path.size);
  auto const whole = ok_line + sized(body);
  switch (fate) {
    case Fate::oddly_chunked: return socket.send(ok_line + "Transfer-Encoding: chunked\r\n\r\n" + chunked_oddly(body, random));
    case Fate::interim: return socket.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + whole);
    case Fate::slow:
      socket.send(whole.substr(0, whole.size() / 2));
      std::this_thread::sleep_for(slow_pause);
      return socket.send(whole.substr(whole.size() / 2));
    case Fate::closes_after: socket.send(whole); return false;
    case Fate::resets_inside:
      socket.send(whole.substr(0, whole.size() / 2));
      socket.reset();
      return false;
    case Fate::half_a_body: socket.send(whole.substr(0, whole.size() - 1 - body.size() / 2)); return false;
    case Fate::says_nothing: return false;
    default: return socket.send(whole);
  }
}

}  // namespace

RoughUpstream::RoughUpstream(std::uint64_t seed, std::size_t connections) : seed_{seed} {
  listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listening_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listening_, 512) != 0) {
    throw std::runtime_error{"listen"};
  }
  ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  for (std::size_t index = 0; index < connections; ++index) threads_.emplace_back([this] { accept(); });
}

RoughUpstream::~RoughUpstream() {
  ::shutdown(listening_, SHUT_RDWR);
  for (auto& thread : threads_) thread.join();
  ::close(listening_);
}

void RoughUpstream::accept() {
  for (;;) {
    int const descriptor = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    while (serve(descriptor)) {
    }
    ::close(descriptor);
  }
}

/// One request. A socket of its own, for a socket remembers what it received.
bool RoughUpstream::serve(int descriptor) {
  Socket socket{::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)};
  auto const head = support::read_head(socket);
  if (head.empty()) return false;
  auto const blank = head.find(' ');
  auto const url = head.substr(blank + 1, head.find(' ', blank + 1) - blank - 1);
  RoughPath const path{url};
  auto const fate = fate_of(url, seed_);
  if (fate == Fate::refuses_early) {
    socket.send("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n" + sized("too large"));
    socket.shutdown_send();
    socket.wait_for_end(slow_pause);
    return false;
  }
  auto const request = read_rest(socket, head);
  if (request.empty()) return false;
  auto const body = taken_apart(request).body;
  EXPECT_TRUE(body == tagged_body(path.tag, body.size())) << "a request was mixed up: " << url;
  return reply(socket, fate, path, Random{hash_of(url, seed_)});
}

}  // namespace ambassador::faults
