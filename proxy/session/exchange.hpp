// One call, from a request head to the end of its response: decide, lease a connection, send, relay, record. It knows
// heads and bodies as values, not the version of HTTP that carries them.
#pragma once

#include "balance/retry.hpp"
#include "observe/call_record.hpp"
#include "route/call_ids.hpp"
#include "route/decision.hpp"
#include "route/fault.hpp"
#include "session/client_leg.hpp"
#include "session/context.hpp"
#include "session/error_reply.hpp"
#include "upstream/source_endpoints.hpp"

#include <memory>
#include <optional>

namespace ambassador::session {

/// What becomes of the client's connection after a call.
enum class After : std::uint8_t {
  keep,    ///< the next request may come
  close,   ///< all was said
  linger,  ///< the client may still be sending: what comes is thrown away for a while, so that it can read the reply
  reset,   ///< the response broke off, and must not look complete
  tunnel,  ///< a CONNECT was answered: what follows are calls inside
};

/// Kept by the worker from call to call, so that a call allocates next to nothing.
class Exchange {
 public:
  explicit Exchange(Context& context) : context_{context} {}

  /// Takes up the client that is to be served, for as long as it is not idle. `address` outlives that.
  ClientLeg& attach(net::Stream& stream, std::string_view address,
                    std::optional<boost::asio::ip::tcp::endpoint> const& redirected);
  /// The client is idle or gone: nothing of it is kept.
  void detach() noexcept;

  /// Serves the request whose head, `bytes`, was just read; they are not looked at after the first wait.
  /// `tunnel` is the CONNECT's authority that the request came through, or null.
  net::Task<After> serve(std::string_view bytes, ListenerInfo const& listener, Authority const* tunnel);

  /// Answers what could not be understood as a request. `raw` is what there is of it.
  net::Task<After> refuse(wire::http::Fault fault, std::string_view raw, ListenerInfo const& listener);

  /// Serves the connection of a tcp:// source, under the policy that its listener belongs to.
  net::Task<After> serve_tcp(ListenerInfo const& listener, Policy& policy);

  /// Serves a redirected connection that is no HTTP: by the name that its TLS asks for, else by the address it was meant
  /// for. What came of it is in the reader.
  net::Task<After> serve_redirected(std::string_view sni, ListenerInfo const& listener);

  /// A connection that ends before anything of a call has come: `failure` says why, `detail` more of it.
  void refuse_connection(Failure const& failure, std::string const& detail, ListenerInfo const& listener);

  /// Answers a ClientHello inside a tunnel whose calls are plain HTTP.
  net::Task<After> refuse_tls(Authority const& tunnel, ListenerInfo const& listener);

  /// The client is gone: the call under way ends.
  void abandon() noexcept;
  /// The drain time is over: the call under way ends.
  void shut_down() noexcept;

  /// The client's connection ends after the call under way.
  void make_last() noexcept { client_.last_call = true; }

  /// The policy of the call under way, or of the one before it.
  [[nodiscard]] Policy const* policy() const noexcept { return policy_; }

  /// The authority of a CONNECT that ended with `After::tunnel`.
  [[nodiscard]] Authority const& tunnel_authority() const noexcept { return url_.authority; }

 private:
  /// The client's body on its way up while the response may already come.
  struct Upload {
    explicit Upload(net::Executor executor) : done{executor} {}
    net::Event done;
    std::optional<Failure> failure;
    bool stopped = false;
    SteadyTime window_ends{};             ///< by then `least_progress` must have come
    std::uint64_t window_began_with = 0;  ///< bytes
  };

  // Before anything is sent.
  void begin(ListenerInfo const& listener);
  std::unique_ptr<ErrorReply> take_request(std::string_view bytes, Authority const* tunnel);
  void take_malformed(std::string_view raw);
  std::optional<ErrorReply> prepare(wire::http::RequestHead const& head, Authority const* tunnel);
  std::optional<ErrorReply> judge_head(wire::http::RequestHead const& head, Authority const* tunnel);
  void take_ids(wire::http::RequestHead const& head);
  std::optional<ErrorReply> answer_locally(wire::http::RequestHead const& head);
  std::optional<ErrorReply> judge_limits();
  std::optional<ErrorReply> judge_literal();
  void decide(std::string_view method, std::span<wire::http::Field const> fields);
  void take_decision();
  [[nodiscard]] std::size_t index_of(config::AllowRule const& rule) const noexcept;
  [[nodiscard]] upstream::Egress const& egress() const noexcept;
  ErrorReply block(std::string_view method, std::span<wire::http::Field const> fields);
  ErrorReply refuse_work();
  /// What the request begins with; views of `record_`.
  struct Start {
    std::string_view target;
    std::string_view host;
  };
  Start request_start();
  std::optional<Failure> write_request(wire::http::RequestHead const& head);
  std::optional<Failure> keep_body(wire::http::Framing framing);
  void mirror(wire::http::RequestHead const& head, std::size_t head_bytes);

  // Where it goes, and goes next: exchange_endpoint.cpp.
  [[nodiscard]] std::optional<std::uint64_t> hash_of_call(std::span<wire::http::Field const> fields) const;
  void choose_endpoint(std::span<wire::http::Field const> fields);
  void go_to(upstream::Choice choice);
  net::Task<Result<void>> resolve_endpoint();
  [[nodiscard]] balance::TriedRequest tried_request() const noexcept;
  [[nodiscard]] bool has_other_endpoint() const noexcept;
  [[nodiscard]] balance::RetryPolicy retry_policy() const noexcept;
  bool take_retry_budget() noexcept;
  void report_answer(wire::http::ResponseHead const& head);
  bool choose_another(wire::http::ResponseHead const& head);
  balance::RetryVerdict judge(Failure const& failure);
  net::Task<bool> begin_again(balance::RetryVerdict verdict, Failure const& failure);
  net::Task<void> pause(Milliseconds wait);

  // `fault`, between the two: the head's views are no longer needed.
  [[nodiscard]] std::optional<route::InjectedFault> roll_fault();
  net::Task<std::optional<After>> inject(route::InjectedFault injection);
  net::Task<std::optional<Failure>> wait_on_purpose(Milliseconds delay);

  // The request's way up: exchange_request.cpp.
  net::Task<Result<After>> try_once();
  net::Task<Result<void>> connect();
  [[nodiscard]] SteadyTime response_due() const noexcept;
  [[nodiscard]] std::optional<Milliseconds> per_try() const noexcept;
  net::Task<Result<void>> send_request();
  net::Task<void> upload();
  net::Task<Result<void>> upload_pieces();
  net::Task<Result<void>> upload_piece(MessageReader::Piece piece);
  void restart_upload_window() noexcept;
  net::Task<void> end_upload();
  [[nodiscard]] std::optional<Failure> interrupted(Stage stage) const noexcept;
  [[nodiscard]] Failure upstream_failure(boost::system::error_code code, Stage stage) const noexcept;

  // The response's way down: exchange_response.cpp.

  /// What came of a response.
  enum class Came : std::uint8_t { nothing, interim, final, other_protocol };

  net::Task<Result<After>> receive();
  Result<Came> take_response();
  Result<Came> take_response_head(std::string_view bytes);
  Result<Came> take_interim(wire::http::ResponseHead const& head);
  void take_final(wire::http::ResponseHead const& head);
  Result<Came> take_switch(wire::http::ResponseHead const& head);
  net::Task<Result<After>> relay_body();
  Result<Sent> pass_on(MessageReader::Piece const& piece);
  net::Task<Result<After>> relay_tunnel();
  Sent send_now(std::string_view payload, bool last, std::span<wire::http::Field const> trailers);
  net::Task<boost::system::error_code> send_to_client(std::string_view payload, bool last,
                                                      std::span<wire::http::Field const> trailers);
  void wait_idle(net::Stream& stream) const;
  [[nodiscard]] config::HeaderRules const* response_rules() const noexcept;
  [[nodiscard]] wire::http::Framing framing_to_client(wire::http::ResponseHead const& head) const noexcept;
  [[nodiscard]] Result<std::span<wire::http::Field const>> trailers_of(MessageReader const& reader, Side side) const;

  // Connections that are no calls: exchange_tunnel.cpp.
  net::Task<After> serve_connect();
  net::Task<After> serve_connection();
  void say_who_connects();
  net::Task<Result<void>> open_upstream();
  net::Task<After> relay_connection(std::string first);
  net::Verdict judge_first_bytes(std::string_view bytes, bool ended);
  net::Verdict object(observe::Reason reason, std::string what);
  After take_end(net::Relayed const& relayed);
  After give_up(Failure const& failure);
  After close_with(ErrorReply reply);

  // The end.
  net::Task<After> open_tunnel();
  net::Task<After> reply(ErrorReply reply);
  net::Task<After> fail(Failure failure);
  /// Whether the client's connection is not kept for another call.
  [[nodiscard]] bool is_last() const noexcept { return context_.draining || client_.last_call; }
  void finish() noexcept;

  Context& context_;
  ClientLeg client_;
  ListenerInfo const* listener_ = nullptr;
  Policy* policy_ = nullptr;  ///< kept to the call's end, whatever is reloaded meanwhile

  observe::CallRecord record_;
  SteadyTime began_{};
  Milliseconds delayed_{0};  ///< on purpose, before the first try
  route::RequestUrl url_;
  route::Decision decision_;
  bool counted_ = false;  ///< among its source's calls under way
  config::Timeouts const* timeout_ = nullptr;
  upstream::Pool* pool_ = nullptr;

  // Of a mapped call.
  upstream::SourceEndpoints* endpoints_ = nullptr;
  std::optional<std::uint64_t> hash_;               ///< for Balance::hash
  upstream::Choice choice_;                         ///< empty where no address is known yet
  upstream::Choice next_choice_;                    ///< of the try that follows
  std::vector<upstream::SourceEndpointPtr> tried_;  ///< and not to be tried again
  unsigned retries_ = 0;                            ///< beside moves of what was not sent
  SteadyTime try_began_{};
  bool per_try_over_ = false;  ///< the try ended for `retry.per_try`

  // What is kept of the request's head.
  wire::http::Method method_ = wire::http::Method::unknown;
  unsigned minor_version_ = 1;
  bool keep_alive_ = true;
  bool wants_json_ = false;
  route::CallIds ids_;
  std::string upgrade_wanted_;  ///< the protocols that the client offers to switch to

  // The upstream's leg.
  upstream::Wish wish_;  ///< of the connection that is being opened
  upstream::Attempt attempt_;
  upstream::Lease lease_;
  MessageWriter up_writer_;       ///< the head and what came with it: kept for a retry
  MessageWriter up_body_writer_;  ///< what came later
  MessageReader up_reader_{0};    ///< no empty line before a status line
  std::optional<Upload> upload_;
  std::size_t start_bytes_ = 0;  ///< of the request line and Host in `up_writer_`
  bool body_kept_ = false;       ///< all of the request's body is in `up_writer_`
  bool any_byte_sent_ = false;
  bool uploaded_beyond_kept_ = false;
  bool response_came_ = false;  ///< a byte of it
  SteadyTime sent_at_{};
  unsigned interim_ = 0;

  // The response on its way to the client.
  MessageReader::Piece first_piece_;      ///< of its body: it came with the head
  std::uint64_t keep_alive_timeout_ = 0;  ///< what the upstream says of its idle time, in seconds
  bool reusable_ = false;                 ///< the upstream keeps the connection
  bool keep_ = false;                     ///< we keep the client's
  bool response_begun_ = false;           ///< the final head was sent, or a part of it
  bool until_close_ = false;              ///< the client takes the connection's end for the body's
  bool abandoned_ = false;
  bool shut_down_ = false;
};

}  // namespace ambassador::session
