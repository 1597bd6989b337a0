// One HTTP call, from a request head to the end of its response: judged, sent to an endpoint, answered. It is made when the
// head has come and dropped when the response has gone.
#pragma once

#include "route/fault.hpp"
#include "session/after.hpp"
#include "session/attempts.hpp"
#include "session/call.hpp"
#include "session/http/client_leg.hpp"
#include "session/http/reply.hpp"

#include <memory>
#include <optional>
#include <string>

namespace ambassador::session {

/// The upstream's side of HTTP calls. It is memory that one call after the other uses.
struct UpstreamLeg {
  MessageWriter writer;       ///< the head and what came with it: kept for a retry
  MessageWriter body_writer;  ///< what came later
  MessageReader reader{0};    ///< no empty line before a status line
};

class Exchange {
 public:
  /// Begins a call of this client. Everything is borrowed until it ends.
  Exchange(Context& context, Policy& policy, ListenerInfo const& listener, ClientLeg& client, UpstreamLeg& upstream,
           CallStorage& storage);

  /// Serves the request whose head, `bytes`, was just read; they are not looked at after the first wait. `tunnel` is the
  /// authority of the CONNECT that the request came through, or null.
  net::Task<After> serve(std::string_view bytes, Authority const* tunnel);

  /// Answers what could not be understood as a request. `raw` is what there is of it.
  net::Task<After> refuse(wire::http::Fault fault, std::string_view raw);

  /// Answers a ClientHello inside a tunnel whose calls are plain HTTP.
  net::Task<After> refuse_tls(Authority const& tunnel);

  [[nodiscard]] Call& call() noexcept { return call_; }
  [[nodiscard]] Call const& call() const noexcept { return call_; }
  [[nodiscard]] Attempts& attempts() noexcept { return attempts_; }

 private:
  /// What is kept of the request's head.
  struct Request {
    wire::http::Method method = wire::http::Method::unknown;
    unsigned minor_version = 1;
    bool keep_alive = false;
    bool wants_json = false;
    std::string upgrade_wanted;  ///< the protocols that the client offers to switch to
  };

  /// The request as it goes upstream.
  struct Outgoing {
    config::Target const* target = nullptr;  ///< whose URL it begins with; null if the call is not mapped
    std::size_t start_bytes = 0;             ///< of the request line and Host in the writer
    bool body_kept = false;                  ///< all of the body is in the writer
    bool uploaded_beyond_kept = false;       ///< a part of the body has gone that is not kept
  };

  /// One try to have it answered.
  struct Try {
    bool any_byte_sent = false;
    bool per_try_over = false;  ///< it ended for `retry.per_try`
    SteadyTime sent_at{};
  };

  /// The client's body on its way up while the response may already come.
  struct Upload {
    explicit Upload(net::Executor executor) : done{executor} {}
    net::Event done;
    std::optional<Failure> failure;
    bool stopped = false;
    SteadyTime window_ends{};             ///< by then `least_progress` must have come
    std::uint64_t window_began_with = 0;  ///< bytes

    /// An upload that the upstream cut short may still be answered, and the answer says why. It must have failed.
    [[nodiscard]] bool ends_the_call() const noexcept {
      return failure->side == Side::client || failure->code == Errc::timed_out;
    }
  };

  /// A final response on its way to the client.
  struct Response {
    MessageReader::Piece first_piece;      ///< of its body: it came with the head
    std::uint64_t keep_alive_timeout = 0;  ///< what the upstream says of its idle time, in seconds
    bool reusable = false;                 ///< the upstream keeps the connection
    bool keep = false;                     ///< we keep the client's
  };

  /// What the client has seen of the response.
  struct Shown {
    unsigned interim = 0;      ///< heads
    bool came = false;         ///< a byte of a response has come from the upstream
    bool begun = false;        ///< the final head was sent, or a part of it
    bool until_close = false;  ///< the client takes the connection's end for the body's
  };

  // Before anything is sent: exchange.cpp.
  std::unique_ptr<Reply> take_request(std::string_view bytes, Authority const* tunnel);
  void take_malformed(std::string_view raw);
  std::optional<Reply> prepare(wire::http::RequestHead const& head, Authority const* tunnel);
  std::optional<Reply> judge_head(wire::http::RequestHead const& head, Authority const* tunnel);
  void take_ids(wire::http::RequestHead const& head);
  [[nodiscard]] std::optional<Reply> local_answer(wire::http::RequestHead const& head) const;

  // The request as it goes upstream: forward.cpp.
  /// What the request begins with; views of the record.
  struct Start {
    std::string_view target;
    std::string_view host;
  };
  Start request_start(bool by_parent);
  std::optional<Failure> write_request(wire::http::RequestHead const& head);
  std::optional<Failure> keep_body(wire::http::Framing framing);
  void follow_target();
  void mirror(wire::http::RequestHead const& head, std::size_t head_bytes);

  // Faults on demand, before the first try: fault.cpp.
  [[nodiscard]] std::optional<route::InjectedFault> roll_fault();
  net::Task<std::optional<After>> inject(route::InjectedFault injection);

  // The request's way up: request.cpp.
  net::Task<Result<After>> try_once();
  net::Task<Result<void>> connect();
  [[nodiscard]] balance::TriedRequest tried_request() const noexcept;
  [[nodiscard]] SteadyTime response_due() const noexcept;
  net::Task<void> upload();
  net::Task<Result<void>> upload_pieces();
  net::Task<Result<void>> upload_piece(MessageReader::Piece piece);
  void restart_upload_window() noexcept;
  net::Task<void> end_upload();
  /// Whether the call must not go on after a wait.
  [[nodiscard]] bool is_interrupted() const noexcept {
    return attempts_.is_interrupted() || (upload_ && upload_->failure && upload_->ends_the_call());
  }
  /// Returns why the call must not go on. It must be interrupted.
  [[nodiscard]] Failure interruption(Stage stage) const noexcept {
    return attempts_.is_interrupted() ? attempts_.interruption(stage) : *upload_->failure;
  }

  // The response's way down: response.cpp.
  /// What came of a response.
  enum class Came : std::uint8_t { nothing, interim, final, other_protocol };

  net::Task<Result<After>> receive();
  Result<Came> take_response(Response& response);
  Result<Came> take_response_head(std::string_view bytes, Response& response);
  Result<Came> take_interim(wire::http::ResponseHead const& head);
  void take_final(wire::http::ResponseHead const& head, Response& response);
  Result<Came> take_switch(wire::http::ResponseHead const& head);
  void report_answer(wire::http::ResponseHead const& head);
  bool choose_another(wire::http::ResponseHead const& head);
  net::Task<Result<After>> relay_body(Response const& response);
  Result<Sent> pass_on(MessageReader::Piece const& piece);
  net::Task<Result<After>> relay_upgraded();
  Sent send_now(std::string_view payload, bool last, std::span<wire::http::Field const> trailers);
  net::Task<boost::system::error_code> send_to_client(std::string_view payload, bool last,
                                                      std::span<wire::http::Field const> trailers);
  void wait_idle(net::Stream& stream) const;
  [[nodiscard]] config::HeaderRules const* response_rules() const noexcept;
  [[nodiscard]] wire::http::Framing framing_to_client(wire::http::ResponseHead const& head) const noexcept;
  [[nodiscard]] Result<std::span<wire::http::Field const>> trailers_of(MessageReader const& reader, Side side) const;

  // CONNECT: connect.cpp.
  net::Task<After> answer_connect();
  net::Task<After> serve_connect();

  // The end.
  net::Task<After> reply(Reply reply);
  net::Task<After> fail(Failure failure);
  /// Whether the client's connection is not kept for another call.
  [[nodiscard]] bool is_last() const noexcept { return context_.draining || client_.last_call; }
  [[nodiscard]] observe::CallRecord& record() const noexcept { return call_.record(); }

  Context& context_;
  ClientLeg& client_;
  UpstreamLeg& upstream_;
  Call call_;
  Attempts attempts_{call_};
  Request request_;
  Outgoing outgoing_;
  Try try_;
  std::optional<Upload> upload_;
  Shown shown_;
  Milliseconds delayed_{0};  ///< on purpose, before the first try
};

}  // namespace ambassador::session
