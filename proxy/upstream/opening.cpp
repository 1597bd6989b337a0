#include "upstream/opening.hpp"

#include "base/error.hpp"
#include "upstream/connect_race.hpp"
#include "upstream/via_tunnel.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace ambassador::upstream {
namespace asio = boost::asio;

namespace {

/// Of a name with SRV records the part that certificates are made for: without `_service._proto.` (RFC 6125 section 6.5).
std::string service_name(std::string_view host) {
  while (host.starts_with('_') && host.find('.') != std::string_view::npos) host.remove_prefix(host.find('.') + 1);
  return std::string{host};
}

Failure failure_at(Stage stage, boost::system::error_code code) { return {code, Side::upstream, stage, false}; }

net::Task<Result<std::unique_ptr<Connection>>> connect_one(Opening const& opening, EndpointPtr const& endpoint,
                                                           SteadyTime limit, Wish& wish) {
  auto connection = std::make_unique<Connection>(opening.executor, opening.wheel, endpoint);
  connection->stream.expires_at(limit);
  wish.waits_for(connection->stream);
  auto const code = co_await connection->stream.connect(endpoint->address);
  wish.waits_no_more();
  if (code) co_return failure_at(Stage::connect, code);
  co_return std::move(connection);
}

/// TCP to one of the endpoints.
net::Task<Result<std::unique_ptr<Connection>>> connect_any(Opening const& opening, EndpointList const& endpoints,
                                                           SteadyTime limit, Attempt& attempt, Wish& wish) {
  attempt.detail.clear();
  auto tried = endpoints.front();
  attempt.address = tried->text;
  if (endpoints.size() == 1) co_return co_await connect_one(opening, tried, limit, wish);
  ConnectRace race{opening.executor, opening.wheel};
  auto won = co_await race.run(endpoints, limit, wish, tried);
  attempt.address = tried->text;
  co_return std::move(won);
}

net::Task<Result<void>> ask_for_tunnel(Opening const& opening, Connection& connection, Attempt& attempt) {
  auto const& file = opening.options.via_credentials;
  auto const credentials = file != nullptr ? file->get() : nullptr;
  std::string_view const authorization = credentials ? std::string_view{*credentials} : std::string_view{};
  co_return co_await open_via_tunnel(connection.stream, opening.upstream, authorization, attempt.detail);
}

net::Task<Result<void>> send_preamble(Connection& connection, Attempt& attempt) {
  auto const code = co_await connection.stream.write_all(attempt.preamble, Milliseconds{0});
  if (code) co_return failure_at(Stage::connect, code);
  co_return Result<void>{};
}

net::Task<Result<void>> start_tls(Opening const& opening, Connection& connection, Attempt& attempt) {
  auto const& options = opening.options;
  connection.tls_generation = options.tls->generation();
  auto const context = options.tls->get();
  if (!context) co_return Failure{Errc::tls_no_context, Side::local, Stage::handshake, false};
  // Named, as all that is handed to a coroutine and has a destructor: GCC 12 would destroy a braced temporary twice.
  net::TlsPeer peer{options.server_name.empty() ? service_name(opening.upstream.host) : options.server_name,
                    &opening.tls_session};
  auto const code = co_await connection.stream.start_tls_client(context, std::move(peer));
  if (!code) co_return Result<void>{};
  attempt.detail = connection.stream.tls_detail();
  co_return failure_at(Stage::handshake, code);
}

/// The steps after TCP, as far as each is asked for.
net::Task<Result<void>> take_steps(Opening const& opening, Connection& connection, Attempt& attempt) {
  Result<void> done;
  if (opening.options.via && opening.options.tunnelled) done = co_await ask_for_tunnel(opening, connection, attempt);
  if (done && !attempt.preamble.empty()) done = co_await send_preamble(connection, attempt);
  if (done && opening.options.tls != nullptr) done = co_await start_tls(opening, connection, attempt);
  co_return done;
}

}  // namespace

net::Task<Result<std::unique_ptr<Connection>>> open_connection(Opening const& opening, EndpointList endpoints, SteadyTime limit,
                                                               Attempt& attempt, Wish& wish) {
  auto failure = failure_at(Stage::resolve, Errc::no_address);
  while (!endpoints.empty()) {
    if (wish.given_up()) co_return failure_at(Stage::connect, asio::error::operation_aborted);
    auto connected = co_await connect_any(opening, endpoints, limit, attempt, wish);
    if (!connected) co_return connected.error();
    auto& connection = **connected;
    connection.stream.expires_at(limit);
    wish.waits_for(connection.stream);
    auto const done = co_await take_steps(opening, connection, attempt);
    wish.waits_no_more();
    if (done) {
      connection.stream.never_expires();
      attempt.detail.clear();
      co_return std::move(connected);
    }
    failure = done.error();
    std::erase(endpoints, connection.endpoint);
  }
  co_return failure;
}

}  // namespace ambassador::upstream
