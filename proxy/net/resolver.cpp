#include "net/resolver.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "net/now.hpp"
#include "net/srv_answer.hpp"

#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstring>
#include <deque>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace ambassador::net {

namespace asio = boost::asio;

namespace {

/// c-ares asks each server twice, and waits twice as long the second time: 1/4 and 1/2 of the limit. So a server that
/// answers for A and never for AAAA still gives the A within the limit.
constexpr int tries_per_server = 2;
constexpr int first_wait_share = 4;

Failure failure(Errc code) { return {code, Side::upstream, Stage::resolve, false}; }

Errc errc_of(int status) noexcept {
  switch (status) {
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
    case ARES_EBADNAME: return Errc::no_address;
    case ARES_ETIMEOUT: return Errc::timed_out;
    default: return Errc::resolver_failed;
  }
}

[[noreturn]] void throw_start_up(int status, char const* what) {
  throw boost::system::system_error(make_error_code(Errc::resolver_failed), std::string{what} + ": " + ares_strerror(status));
}

/// RFC 6761 section 6.3.
bool is_localhost(std::string_view host) noexcept {
  constexpr std::string_view name = "localhost";
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() <= name.size()) return iequals(host, name);
  return iequals(host.substr(host.size() - name.size()), name) && host[host.size() - name.size() - 1] == '.';
}

asio::ip::address_v4 to_v4(void const* bytes) {
  asio::ip::address_v4::bytes_type copy;
  std::memcpy(copy.data(), bytes, copy.size());
  return asio::ip::address_v4{copy};
}

asio::ip::address_v6 to_v6(void const* bytes, std::uint32_t scope) {
  asio::ip::address_v6::bytes_type copy;
  std::memcpy(copy.data(), bytes, copy.size());
  return asio::ip::address_v6{copy, scope};
}

std::optional<asio::ip::address> to_address(sockaddr const* address) {
  if (address->sa_family == AF_INET) return to_v4(&reinterpret_cast<sockaddr_in const*>(address)->sin_addr);
  if (address->sa_family != AF_INET6) return std::nullopt;
  auto const* const v6 = reinterpret_cast<sockaddr_in6 const*>(address);
  return to_v6(&v6->sin6_addr, v6->sin6_scope_id);
}

bool is_service(std::string_view host) noexcept { return host.starts_with('_'); }

/// The families in turn, each in its own order, beginning with the family that stands first (RFC 8305 section 4).
void interleave(std::vector<ResolvedAddress>& list) {
  if (list.empty()) return;
  bool const v6_first = list.front().address.is_v6();
  auto const others =
      std::stable_partition(list.begin(), list.end(), [&](auto const& a) { return a.address.is_v6() == v6_first; });
  std::vector<ResolvedAddress> turns;
  turns.reserve(list.size());
  for (auto a = list.begin(), b = others; a != others || b != list.end();) {
    if (a != others) turns.push_back(*a++);
    if (b != list.end()) turns.push_back(*b++);
  }
  list = std::move(turns);
}

void add_once(std::vector<ResolvedAddress>& list, ResolvedAddress const& one) {
  if (list.size() >= max_addresses) return;
  auto const same = [&](ResolvedAddress const& other) { return other.address == one.address && other.port == one.port; };
  if (std::none_of(list.begin(), list.end(), same)) list.push_back(one);
}

Addresses read_answer(ares_addrinfo const& answer) {
  Addresses out;
  int ttl = std::numeric_limits<int>::max();
  for (auto const* node = answer.nodes; node != nullptr; node = node->ai_next) {
    auto const address = to_address(node->ai_addr);
    if (!address) continue;
    add_once(out.list, {*address});
    ttl = std::min(ttl, node->ai_ttl);
  }
  for (auto const* alias = answer.cnames; alias != nullptr; alias = alias->next) ttl = std::min(ttl, alias->ttl);
  interleave(out.list);
  if (!out.list.empty()) out.ttl = std::chrono::seconds{std::max(ttl, 0)};
  return out;
}

void add_from_hosts_file(ares_channel channel, std::string const& host, int family, std::vector<ResolvedAddress>& list) {
  hostent* entry = nullptr;
  if (ares_gethostbyname_file(channel, host.c_str(), family, &entry) != ARES_SUCCESS) return;
  for (char** bytes = entry->h_addr_list; *bytes != nullptr; ++bytes) {
    if (entry->h_addrtype == AF_INET)
      add_once(list, {to_v4(*bytes)});
    else
      add_once(list, {to_v6(*bytes, 0)});
  }
  ares_free_hostent(entry);
}

/// What the hosts file says, else the loopback addresses.
Addresses localhost_addresses(ares_channel channel, std::string const& host) {
  Addresses out;
  add_from_hosts_file(channel, host, AF_INET, out.list);
  add_from_hosts_file(channel, host, AF_INET6, out.list);
  if (out.list.empty()) out.list = {{asio::ip::address_v4::loopback()}, {asio::ip::address_v6::loopback()}};
  interleave(out.list);
  return out;
}

}  // namespace

/// One c-ares channel, whose sockets Asio watches. Handlers hold it weakly, so that none acts after close().
class Resolver::State : public std::enable_shared_from_this<State> {
 public:
  State(asio::io_context& context, Options options);
  ~State() { close(); }
  State(State const&) = delete;
  State& operator=(State const&) = delete;

  void resolve(std::string const& host, Done done);
  [[nodiscard]] std::optional<Past> last_good(std::string const& host) const {
    auto const found = past_.find(host);
    return found == past_.end() ? std::nullopt : std::optional{found->second};
  }
  void close();

 private:
  struct Waiter {
    Done done;  ///< empty once it was called
    SteadyTime deadline;
  };

  /// A query of c-ares, which cannot be taken back: where its waiters ran out of time it goes on without any, and who asks
  /// for the name again waits for the same.
  struct Lookup {
    State* state;
    std::string host;
    std::vector<std::shared_ptr<Waiter>> waiters;
  };

  /// The addresses of a service's targets, as they come.
  struct Gathering {
    std::string host;
    std::size_t missing;  ///< targets that are still looked up
    Addresses addresses;
    Failure failure = net::failure(Errc::no_address);  ///< where no target has an address
  };

  struct Socket {
    asio::posix::stream_descriptor stream;
    bool want_read = false;
    bool want_write = false;
    bool awaits_read = false;
    bool awaits_write = false;
  };

  void open();
  void start(std::string const& host, std::shared_ptr<Waiter> waiter);
  static void on_answer(void* lookup, int status, int timeouts, ares_addrinfo* answer);
  static void on_service(void* lookup, int status, int timeouts, unsigned char* message, int bytes);
  void look_up_targets(std::string const& host, SrvAnswer const& service);
  void gather(Gathering& gathering, SrvTarget const& target, Result<Addresses> const& result);
  void finish(std::string const& host, Result<Addresses> const& result);
  void deliver(Done done, Result<Addresses> result);

  static void on_socket_state(void* state, ares_socket_t descriptor, int readable, int writable);
  void watch(ares_socket_t descriptor, bool read, bool write);
  void await(std::shared_ptr<Socket> const& socket);
  void await_read(std::shared_ptr<Socket> const& socket);
  void await_write(std::shared_ptr<Socket> const& socket);
  void go_on(std::shared_ptr<Socket> const& socket);

  void set_timer();
  void on_timer();
  void expire();

  asio::io_context& context_;
  Options options_;
  ares_channel channel_ = nullptr;
  asio::steady_timer timer_;
  std::unordered_map<ares_socket_t, std::shared_ptr<Socket>> sockets_;
  std::unordered_map<std::string, std::unique_ptr<Lookup>> lookups_;
  std::unordered_map<std::string, Past> past_;
  std::deque<std::shared_ptr<Waiter>> by_deadline_;  // the limit is the same for all: the first comes first
};

Resolver::State::State(asio::io_context& context, Options options)
    : context_{context}, options_{std::move(options)}, timer_{context} {
  open();
}

void Resolver::State::open() {
  static int const library = ares_library_init(ARES_LIB_INIT_ALL);
  if (library != ARES_SUCCESS) throw_start_up(library, "c-ares");
  ares_options options{};
  options.timeout = static_cast<int>(std::max<std::int64_t>(1, options_.limit.count() / first_wait_share));
  options.tries = tries_per_server;
  options.sock_state_cb = &on_socket_state;
  options.sock_state_cb_data = this;
  int chosen = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  if (!options_.resolv_conf.empty()) {
    options.resolvconf_path = options_.resolv_conf.data();
    chosen |= ARES_OPT_RESOLVCONF;
  }
  int status = ares_init_options(&channel_, &options, chosen);
  if (status != ARES_SUCCESS) throw_start_up(status, "c-ares");
  if (options_.server.empty()) return;
  status = ares_set_servers_ports_csv(channel_, options_.server.c_str());
  if (status == ARES_SUCCESS) return;
  ares_destroy(channel_);
  throw_start_up(status, "the name server's address");
}

void Resolver::State::resolve(std::string const& host, Done done) {
  boost::system::error_code not_literal;
  if (auto const literal = asio::ip::make_address(host, not_literal); !not_literal) {
    deliver(std::move(done), Addresses{{{literal}}, {}});
  } else if (is_localhost(host)) {
    deliver(std::move(done), localhost_addresses(channel_, host));
  } else {
    auto waiter = std::make_shared<Waiter>(Waiter{std::move(done), net::now() + options_.limit});
    by_deadline_.push_back(waiter);
    start(host, std::move(waiter));
    set_timer();
  }
}

void Resolver::State::start(std::string const& host, std::shared_ptr<Waiter> waiter) {
  auto& lookup = lookups_[host];
  bool const is_new = !lookup;
  if (is_new) lookup = std::make_unique<Lookup>(Lookup{this, host, {}});
  lookup->waiters.push_back(std::move(waiter));
  if (!is_new) return;
  if (is_service(host)) return ares_search(channel_, host.c_str(), ns_c_in, ns_t_srv, &on_service, lookup.get());
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &on_answer, lookup.get());
}

/// Perhaps within ares_getaddrinfo() or ares_process_fd(), where c-ares must not be destroyed: so nobody is called here.
void Resolver::State::on_answer(void* lookup, int status, int, ares_addrinfo* answer) {
  std::unique_ptr<ares_addrinfo, void (*)(ares_addrinfo*)> const owned{answer, [](ares_addrinfo* a) { ares_freeaddrinfo(a); }};
  auto const& [state, host, waiters] = *static_cast<Lookup*>(lookup);
  if (status != ARES_SUCCESS || !answer) return state->finish(host, failure(errc_of(status)));
  auto addresses = read_answer(*answer);
  if (addresses.list.empty()) return state->finish(host, failure(Errc::no_address));
  state->finish(host, std::move(addresses));
}

/// As on_answer().
void Resolver::State::on_service(void* lookup, int status, int, unsigned char* message, int bytes) {
  auto const& [state, host, waiters] = *static_cast<Lookup*>(lookup);
  if (status != ARES_SUCCESS) return state->finish(host, failure(errc_of(status)));
  auto const service = read_srv_answer({message, static_cast<std::size_t>(bytes)});
  if (!service) return state->finish(host, failure(Errc::resolver_failed));
  if (service->targets.empty()) return state->finish(host, failure(Errc::no_address));
  state->look_up_targets(host, *service);
}

/// No target is a service itself, so that none waits for its own look-up.
void Resolver::State::look_up_targets(std::string const& host, SrvAnswer const& service) {
  auto const gathering = std::make_shared<Gathering>(Gathering{host, service.targets.size(), {{}, service.ttl}});
  for (auto const& target : service.targets) {
    resolve(target.host + '.', [this, gathering, target](Result<Addresses> result) { gather(*gathering, target, result); });
  }
}

/// A target whose addresses are missing only for now lets the answer end soon.
void Resolver::State::gather(Gathering& gathering, SrvTarget const& target, Result<Addresses> const& result) {
  auto& [list, ttl] = gathering.addresses;
  if (result) {
    ttl = std::min(ttl, result->ttl);
    for (auto const& each : result->list) add_once(list, {each.address, target.port, target.weight});
  } else if (result.error().code != Errc::no_address) {
    ttl = std::chrono::seconds{0};
    gathering.failure = result.error();
  }
  if (--gathering.missing != 0) return;
  if (list.empty()) return finish(gathering.host, gathering.failure);
  interleave(list);
  finish(gathering.host, std::move(gathering.addresses));
}

void Resolver::State::finish(std::string const& host, Result<Addresses> const& result) {
  auto const lookup = lookups_.extract(host);
  if (lookup.empty()) return;  // close() drops them all first
  if (result) {
    if (past_.size() >= max_past) past_.clear();
    past_.insert_or_assign(host, Past{*result, net::now()});
  }
  for (auto const& waiter : lookup.mapped()->waiters) {
    if (waiter->done) deliver(std::exchange(waiter->done, {}), result);
  }
}

void Resolver::State::deliver(Done done, Result<Addresses> result) {
  asio::post(context_, [weak = weak_from_this(), done = std::move(done), result = std::move(result)]() mutable {
    if (auto const state = weak.lock()) done(std::move(result));
  });
}

/// c-ares opened a socket, waits for something else, or (neither) is about to close it.
void Resolver::State::on_socket_state(void* state, ares_socket_t descriptor, int readable, int writable) {
  static_cast<State*>(state)->watch(descriptor, readable != 0, writable != 0);
}

void Resolver::State::watch(ares_socket_t descriptor, bool read, bool write) {
  auto& socket = sockets_[descriptor];
  if (!read && !write) {
    if (socket) socket->stream.release();  // c-ares closes it
    sockets_.erase(descriptor);
    return;
  }
  if (!socket) {
    socket = std::make_shared<Socket>(Socket{asio::posix::stream_descriptor{context_}});
    boost::system::error_code unwatched;  // then the timer ends the look-up
    socket->stream.assign(descriptor, unwatched);
  }
  socket->want_read = read;
  socket->want_write = write;
  await(socket);
}

void Resolver::State::await(std::shared_ptr<Socket> const& socket) {
  if (socket->want_read && !socket->awaits_read) await_read(socket);
  if (socket->want_write && !socket->awaits_write) await_write(socket);
}

void Resolver::State::await_read(std::shared_ptr<Socket> const& socket) {
  socket->awaits_read = true;
  auto handler = [weak = weak_from_this(), socket](boost::system::error_code error) {
    socket->awaits_read = false;
    auto const state = weak.lock();
    // A handler may come late, when the descriptor's number serves another socket already.
    if (error || !state || !socket->stream.is_open()) return;
    ares_process_fd(state->channel_, socket->stream.native_handle(), ARES_SOCKET_BAD);
    state->go_on(socket);
  };
  socket->stream.async_wait(asio::posix::stream_descriptor::wait_read, std::move(handler));
}

void Resolver::State::await_write(std::shared_ptr<Socket> const& socket) {
  socket->awaits_write = true;
  auto handler = [weak = weak_from_this(), socket](boost::system::error_code error) {
    socket->awaits_write = false;
    auto const state = weak.lock();
    if (error || !state || !socket->stream.is_open()) return;
    ares_process_fd(state->channel_, ARES_SOCKET_BAD, socket->stream.native_handle());
    state->go_on(socket);
  };
  socket->stream.async_wait(asio::posix::stream_descriptor::wait_write, std::move(handler));
}

void Resolver::State::go_on(std::shared_ptr<Socket> const& socket) {
  if (socket->stream.is_open()) await(socket);
  set_timer();
}

/// To whichever comes first: c-ares's next try, or the end of a waiter's time.
void Resolver::State::set_timer() {
  auto next = SteadyTime::max();
  timeval wait{};
  if (ares_timeout(channel_, nullptr, &wait) != nullptr) {
    next = net::now() + std::chrono::seconds{wait.tv_sec} + std::chrono::microseconds{wait.tv_usec};
  }
  while (!by_deadline_.empty() && !by_deadline_.front()->done) by_deadline_.pop_front();
  if (!by_deadline_.empty()) next = std::min(next, by_deadline_.front()->deadline);
  if (next == SteadyTime::max()) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(next);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    if (error) return;
    if (auto const state = weak.lock()) state->on_timer();
  });
}

void Resolver::State::on_timer() {
  if (channel_ == nullptr) return;  // closed, with this already on its way
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  expire();
  set_timer();
}

void Resolver::State::expire() {
  auto const now = net::now();
  for (; !by_deadline_.empty() && by_deadline_.front()->deadline <= now; by_deadline_.pop_front()) {
    auto& done = by_deadline_.front()->done;
    if (done) deliver(std::exchange(done, {}), failure(Errc::timed_out));
  }
}

void Resolver::State::close() {
  if (channel_ == nullptr) return;
  timer_.cancel();
  auto const channel = std::exchange(channel_, nullptr);
  // c-ares still tells every Lookup that it ends: they live until it has, without anybody to pass it on to.
  auto const dropped = std::exchange(lookups_, {});
  by_deadline_.clear();
  ares_destroy(channel);
}

Resolver::Resolver(asio::io_context& context, Options options) : state_{std::make_shared<State>(context, std::move(options))} {}

Resolver::~Resolver() { state_->close(); }

std::optional<Resolver::Past> Resolver::last_good(std::string const& host) const { return state_->last_good(host); }

void Resolver::resolve(std::string const& host, Done done) { state_->resolve(host, std::move(done)); }

}  // namespace ambassador::net
