// One call, or one connection that is no call, from its beginning to its line in the log: the policy that it is judged by,
// the decision, what it may use, and what is known of it. No protocol is known here.
#pragma once

#include "observe/call_record.hpp"
#include "route/call_ids.hpp"
#include "route/decision.hpp"
#include "session/context.hpp"
#include "session/failures.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ambassador::session {

/// The memory of one call after the other: its strings keep their capacity.
struct CallStorage {
  observe::CallRecord record;
  route::RequestUrl url;
  route::CallIds ids;
};

class Call {
 public:
  /// Begins now. Everything is borrowed until the call ends; `client` is the client's `address:port`.
  Call(Context& context, Policy& policy, ListenerInfo const& listener, std::string_view client, CallStorage& storage);
  Call(Call const&) = delete;
  Call& operator=(Call const&) = delete;
  /// Ends the call: it is counted and logged here, and only here.
  ~Call();
  /// The call is neither counted nor logged: only the calls that it leads to are, or nobody will know its outcome.
  void leave_unlogged() noexcept { logged_ = false; }

  [[nodiscard]] Context& context() const noexcept { return context_; }
  [[nodiscard]] Policy& policy() const noexcept { return policy_; }
  [[nodiscard]] config::Settings const& settings() const noexcept { return policy_.rules.settings(); }
  [[nodiscard]] ListenerInfo const& listener() const noexcept { return listener_; }
  [[nodiscard]] observe::CallRecord& record() const noexcept { return storage_.record; }
  [[nodiscard]] route::RequestUrl& url() const noexcept { return storage_.url; }
  [[nodiscard]] route::CallIds& ids() const noexcept { return storage_.ids; }
  [[nodiscard]] SteadyTime began() const noexcept { return began_; }
  [[nodiscard]] route::Decision const& decision() const noexcept { return decision_; }
  /// Those of the source that decided, else the general ones.
  [[nodiscard]] config::Timeouts const& timeout() const noexcept { return *timeout_; }

  [[nodiscard]] bool is_mapped() const noexcept { return decision_.verdict == route::Verdict::mapped; }
  /// The source that decided; null if none did.
  [[nodiscard]] config::Mapping const* mapping() const noexcept { return decision_.match.mapping; }
  /// The number of that source. The call must be mapped.
  [[nodiscard]] std::size_t source() const noexcept { return decision_.match.index; }

  /// Asks the map about `url()`. `listener_port` is 0 if the client did not mean to connect to the listener.
  void decide(std::string_view method, std::span<wire::http::Field const> fields, std::uint16_t listener_port);
  /// The listener belongs to this source, so that the map is not asked.
  void decide_by_listener(std::uint32_t source);
  /// The call goes to this target of its source.
  void aim_at(config::Target const& target) noexcept { decision_.target = &target; }

  /// Says why the map blocks the call, and what to add to it.
  [[nodiscard]] Problem explain_block(std::string_view method, std::span<wire::http::Field const> fields) const;

  /// Takes a place among the calls of its source. Returns a problem if the source's limits leave none, or if its credential
  /// is missing.
  [[nodiscard]] std::optional<Problem> take_place();
  /// Returns a problem, and blocks the call, if a parent proxy would be asked in absolute form for an address that the call
  /// may not reach: its connections are for calls to anywhere, so that the pool does not see the address.
  [[nodiscard]] std::optional<Problem> block_literal();
  /// Whether the process is near its memory limit. What runs goes on then, and nothing new is begun.
  [[nodiscard]] bool work_is_refused() const noexcept { return context_.refusing_work.load(std::memory_order_relaxed); }

  /// How the call leaves.
  [[nodiscard]] upstream::Egress const& egress() const noexcept;

  /// The URL that it goes to; if there is none yet, the one that it came with.
  [[nodiscard]] std::string_view shown_target() const noexcept;
  /// Explains the failure, for the log or a reply. An address that may not be reached is the call's block.
  [[nodiscard]] Problem explain(Failure const& failure, std::string_view detail);
  /// The log will say this.
  void note(Problem problem) noexcept;

 private:
  void take_decision();
  [[nodiscard]] std::size_t index_of(config::AllowRule const& rule) const noexcept;

  Context& context_;
  Policy& policy_;  ///< kept to the call's end, whatever is reloaded meanwhile
  ListenerInfo const& listener_;
  CallStorage& storage_;
  SteadyTime began_;
  config::Timeouts const* timeout_;
  route::Decision decision_;
  bool has_place_ = false;  ///< among its source's calls under way
  bool logged_ = true;
};

}  // namespace ambassador::session
