#include "session/workspace.hpp"

namespace ambassador::session {

Workspace::~Workspace() {
  if (exchange_) exchange_->call().leave_unlogged();
  if (connection_) connection_->call().leave_unlogged();
}

void Workspace::attach(net::Stream& stream, std::string_view address,
                       std::optional<boost::asio::ip::tcp::endpoint> const& redirected) {
  client.stream = &stream;
  client.address = address;
  client.redirected = redirected;
  client.last_call = false;
  client.reader.restart();
}

void Workspace::detach() noexcept {
  client.stream = nullptr;
  client.address = {};
  client.reader.shrink();
  upstream_.reader.shrink();
}

Exchange& Workspace::begin_exchange(Context& context, Policy& policy, ListenerInfo const& listener) {
  return exchange_.emplace(context, policy, listener, client, upstream_, storage_);
}

TcpConnection& Workspace::begin_tcp(Context& context, Policy& policy, ListenerInfo const& listener) {
  return connection_.emplace(context, policy, listener, *client.stream, client.address, storage_);
}

void Workspace::refuse_connection(Failure const& failure, std::string_view detail, Context& context,
                                  ListenerInfo const& listener) {
  Call call{context, *context.policy, listener, client.address, storage_};
  call.record().refused = true;
  call.note(explain(failure, {}, detail));
}

void Workspace::end_call() noexcept {
  exchange_.reset();
  connection_.reset();
  upstream_.writer.shrink();
  upstream_.body_writer.shrink();
  client.writer.shrink();
}

Attempts* Workspace::attempts() noexcept {
  if (exchange_) return &exchange_->attempts();
  return connection_ ? &connection_->attempts() : nullptr;
}

bool Workspace::uses(Policy const& policy) const noexcept {
  if (exchange_) return &exchange_->call().policy() == &policy;
  return connection_ && &connection_->call().policy() == &policy;
}

}  // namespace ambassador::session
