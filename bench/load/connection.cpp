#include "load/connection.hpp"

#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace ambassador::bench {

namespace {

/// Each closed connection keeps its port for a minute, and an address has 28,000 of them: so connections come from many
/// addresses of 127.0.0.0/8 in turn.
constexpr std::uint32_t source_addresses = 250;
constexpr std::uint32_t first_source = INADDR_LOOPBACK + 1;

constexpr std::uint16_t tunnel_status = 200;

sockaddr_in address(std::uint32_t host, std::uint16_t port) noexcept {
  sockaddr_in made{};
  made.sin_family = AF_INET;
  made.sin_port = htons(port);
  made.sin_addr.s_addr = htonl(host);
  return made;
}

void bind_to_next_source(int socket) noexcept {
  static std::uint32_t turn = 0;
  int const on = 1;
  ::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  auto const source = address(first_source + turn++ % source_addresses, 0);
  // Where it fails, connect takes an address of its own choice.
  (void)::bind(socket, reinterpret_cast<sockaddr const*>(&source), sizeof source);
}

std::uint16_t status_of(std::string_view start_line) noexcept {
  std::uint16_t status = 0;
  auto const word = second_word(start_line);
  if (start_line.starts_with("HTTP/1.")) std::from_chars(word.data(), word.data() + word.size(), status);
  return status;
}

}  // namespace

void Connection::open() {
  Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket.is_open()) throw std::system_error{errno, std::system_category(), "socket"};
  int const on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  bind_to_next_source(socket.get());
  auto const server = address(INADDR_LOOPBACK, entrance_->port);
  // EINPROGRESS or worse: the first send says the same.
  (void)::connect(socket.get(), reinterpret_cast<sockaddr const*>(&server), sizeof server);
  socket_ = Transport{std::move(socket), entrance_->tls ? &*entrance_->tls : nullptr};
  calling_ = connected_ = in_body_ = ending_ = false;
  in_tunnel_ = entrance_->tunnel.empty();
  unread_.clear();
  watched_ = EPOLLIN;
  poller_->add(socket_.descriptor(), watched_, this);
}

Connection::Progress Connection::call(std::string_view request, SteadyTime since) {
  calling_ = true;
  since_ = since;
  unsent_ = in_tunnel_ ? request : std::string_view{entrance_->tunnel};
  behind_tunnel_ = request;
  return send();
}

Connection::Progress Connection::on_ready(std::span<char> scratch) {
  if (unsent_.empty() || !calling_) return receive(scratch);
  // A server may answer, or refuse, before it has read all.
  if (auto const progress = send(); progress != Progress::waiting) return progress;
  // A handshake that a read ended would leave the request unsent.
  return socket_.is_ready() ? receive(scratch) : Progress::waiting;
}

Connection::Progress Connection::send() {
  while (!unsent_.empty()) {
    auto const count = socket_.send(unsent_);
    if (count < 0) {
      if (errno != EAGAIN) return lost();
      watch(socket_.waits_for_room() ? EPOLLIN | EPOLLOUT : EPOLLIN);
      return Progress::waiting;
    }
    connected_ = true;
    unsent_.remove_prefix(static_cast<std::size_t>(count));
  }
  watch(EPOLLIN);
  return Progress::waiting;
}

Connection::Progress Connection::receive(std::span<char> scratch) {
  auto progress = receive_some(scratch);
  while (progress == Progress::waiting && socket_.has_more()) progress = receive_some(scratch);
  return progress;
}

Connection::Progress Connection::receive_some(std::span<char> scratch) {
  if (in_body_ && socket_.is_plain() && body_.skippable() > scratch.size()) return discard();
  auto const count = socket_.receive(scratch);
  if (count <= 0) return count < 0 && errno == EAGAIN ? Progress::waiting : lost();
  bytes_ += static_cast<std::uint64_t>(count);
  std::string_view const bytes{scratch.data(), static_cast<std::size_t>(count)};
  if (unread_.empty()) return take(bytes);
  return take(std::exchange(unread_, {}).append(bytes));
}

/// Data of a body is counted, and not looked at.
Connection::Progress Connection::discard() {
  auto const count = socket_.discard(body_.skippable());
  if (count <= 0) return count < 0 && errno == EAGAIN ? Progress::waiting : lost();
  bytes_ += static_cast<std::uint64_t>(count);
  body_.skip(static_cast<std::uint64_t>(count));
  return body_.complete() ? end_answer() : Progress::waiting;
}

Connection::Progress Connection::take(std::string_view bytes) {
  if (!calling_) return fail(Failure::malformed);
  if (!in_tunnel_) return enter_tunnel(bytes);
  if (!in_body_) {
    auto const head = read_head(bytes);
    if (!head) {
      unread_ = bytes;
      return Progress::waiting;
    }
    if (auto const progress = begin_answer(*head); progress != Progress::waiting) return progress;
    bytes.remove_prefix(head->size);
  }
  bytes.remove_prefix(body_.take(bytes));
  if (body_.faulty()) return fail(Failure::malformed);
  if (!body_.complete()) return Progress::waiting;
  return bytes.empty() ? end_answer() : fail(Failure::length);
}

/// The answer to CONNECT is a head, and nothing behind it: what is asked inside the tunnel has not been sent yet.
Connection::Progress Connection::enter_tunnel(std::string_view bytes) {
  auto const head = read_head(bytes);
  if (!head) {
    unread_ = bytes;
    return Progress::waiting;
  }
  if (status_of(head->start_line) != tunnel_status || head->size != bytes.size()) return fail(Failure::status);
  in_tunnel_ = true;
  unsent_ = behind_tunnel_;
  return send();
}

Connection::Progress Connection::begin_answer(Head const& head) {
  auto const status = status_of(head.start_line);
  if (status != expected_.status) return fail(status == 0 ? Failure::malformed : Failure::status);
  ending_ = head.close;
  in_body_ = true;
  body_.start(head);
  return Progress::waiting;
}

Connection::Progress Connection::end_answer() {
  in_body_ = calling_ = false;
  if (expected_.length.value_or(body_.received()) != body_.received()) return fail(Failure::length);
  // Answered before it took the whole request: the rest must not become the next one's beginning.
  ending_ = ending_ || !unsent_.empty();
  return Progress::answered;
}

Connection::Progress Connection::fail(Failure kind) noexcept {
  failure_ = kind;
  calling_ = false;
  return Progress::failed;
}

Connection::Progress Connection::lost() noexcept { return fail(connected_ ? Failure::broken : Failure::connect); }

void Connection::watch(std::uint32_t events) {
  if (std::exchange(watched_, events) != events) poller_->change(socket_.descriptor(), events, this);
}

}  // namespace ambassador::bench
