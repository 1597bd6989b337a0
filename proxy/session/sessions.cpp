#include "session/sessions.hpp"

#include <algorithm>

namespace ambassador::session {

std::unique_ptr<Workspace> WorkspaceStock::take() {
  if (kept_.empty()) return std::make_unique<Workspace>();
  auto workspace = std::move(kept_.back());
  kept_.pop_back();
  return workspace;
}

void WorkspaceStock::put(std::unique_ptr<Workspace> workspace) {
  workspace->detach();
  if (kept_.size() < max_kept) kept_.push_back(std::move(workspace));
}

Sessions::~Sessions() {
  sessions_.clear_and_dispose([](ClientSession* session) { delete session; });
}

void Sessions::open(int descriptor, std::string client, ListenerInfo const& listener) {
  auto session = std::make_unique<ClientSession>(*this, descriptor, std::move(client), listener);
  context_.metrics.connection_opened(listener.index);
  sessions_.push_back(*session);
  session.release()->start();
}

void Sessions::end(ClientSession& session) noexcept {
  sessions_.erase_and_dispose(sessions_.iterator_to(session), [](ClientSession* ended) { delete ended; });
}

void Sessions::call_began() {
  ++calls_begun_;
  if (++busy_ == 1) became_busy_();
}

void Sessions::drain() {
  draining_ = true;
  for (auto& session : sessions_) session.drain();
}

bool Sessions::uses(Policy const& policy) const noexcept {
  return std::any_of(sessions_.begin(), sessions_.end(), [&](ClientSession const& session) { return session.uses(policy); });
}

void Sessions::shut_down() {
  for (auto& session : sessions_) session.shut_down();
}

void Sessions::find_gone_clients() {
  for (auto& session : sessions_) session.find_out_if_gone();
}

}  // namespace ambassador::session
