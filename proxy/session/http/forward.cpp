// The request as it goes upstream: its head is written once, and begins anew if it goes to another target.
#include "session/hash_key.hpp"
#include "session/http/exchange.hpp"
#include "session/http/forwarded_head.hpp"
#include "session/http/mirror.hpp"

namespace ambassador::session {

/// The URL that the call goes to, and what of it the request says: all of it if a parent proxy is asked, as `by_parent` says.
Exchange::Start Exchange::request_start(bool by_parent) {
  auto& url = record().target;
  auto const path_begins = route::append_target_url(url, call_.decision(), call_.url());
  std::string_view const whole = url;
  auto const host_begins = whole.find("//") + 2;
  Start start{whole.substr(path_begins), whole.substr(host_begins, path_begins - host_begins)};
  if (call_.url().whole_server && start.target == "/") start.target = "*";
  if (by_parent) start.target = whole;
  return start;
}

/// The head, and what there is of the body, into the buffer that is sent, and sent again on a retry.
std::optional<Failure> Exchange::write_request(wire::http::RequestHead const& head) {
  auto const* const mapping = call_.mapping();
  attempts_.choose(mapping != nullptr ? hash_of(*mapping, head.fields, client_.address) : std::nullopt);
  auto const& egress = call_.egress();
  bool const by_parent = upstream::goes_by_parent(egress);
  auto const start = request_start(by_parent);
  auto const upgrade = route::wanted_upgrade(head);
  request_.upgrade_wanted.assign(upgrade);
  route::ForwardedRequest forwarded{
      .target = start.target, .host = start.host, .pseudonym = context_.pseudonym, .upgrade = upgrade};
  if (!call_.ids().traceparent.empty()) forwarded.ids = &call_.ids();
  if (mapping != nullptr && !mapping->request_headers.empty()) forwarded.rules = &mapping->request_headers;
  if (mapping != nullptr && mapping->credential) {
    forwarded.credential_name = mapping->credential->header;
    forwarded.credential_value = *call_.policy().credentials.of(call_.source());
  }
  std::shared_ptr<std::string const> via_credentials;
  if (by_parent) {
    if (egress.options.via_credentials != nullptr) via_credentials = egress.options.via_credentials->get();
    if (via_credentials) forwarded.proxy_authorization = *via_credentials;
  }
  outgoing_.target = call_.decision().target;
  outgoing_.start_bytes = append_forwarded(upstream_.writer.begin(head.body), head, forwarded);
  auto const head_bytes = upstream_.writer.kept_bytes();
  upstream_.body_writer.begin(head.body);
  auto const failure = keep_body(head.body);
  bool const copied = mapping != nullptr && mapping->mirror && to_share(context_.random()) < mapping->mirror->share;
  if (!failure && copied) mirror(head, head_bytes);
  return failure;
}

/// What came of the body with the head goes into the same send.
std::optional<Failure> Exchange::keep_body(wire::http::Framing framing) {
  auto const piece = client_.reader.begin_body(framing);
  if (piece.got == MessageReader::Got::faulty) return Failure{piece.fault.code, Side::client, Stage::body, false};
  record().bytes_in += piece.payload.size();
  outgoing_.body_kept = piece.last;
  if (!piece.last) {
    upstream_.writer.append(piece.payload, false, {});
    return std::nullopt;
  }
  auto const trailers = trailers_of(client_.reader, Side::client);
  if (!trailers) return trailers.error();
  upstream_.writer.append(piece.payload, true, *trailers);
  return std::nullopt;
}

/// The next try may go to another target: the request then begins with that one's URL.
void Exchange::follow_target() {
  auto const* const target = call_.decision().target;
  if (target == outgoing_.target) return;
  outgoing_.target = target;
  record().target.clear();
  auto const written = request_start(upstream::goes_by_parent(call_.egress()));
  std::string start;
  append_start(start, record().method, written.target, written.host);
  upstream_.writer.replace_start(outgoing_.start_bytes, start);
  outgoing_.start_bytes = start.size();
}

/// A copy of the call for another target, without the secret that is meant for the first.
void Exchange::mirror(wire::http::RequestHead const& head, std::size_t head_bytes) {
  auto const& mapping = *call_.mapping();
  if (!outgoing_.body_kept || !request_.upgrade_wanted.empty()) {
    return context_.metrics.mirrored(record().mapping, observe::Mirrored::skipped);
  }
  auto decision = call_.decision();
  decision.target = &mapping.mirror->target;
  std::string url;
  auto const path_begins = route::append_target_url(url, decision, call_.url());
  route::ForwardedRequest forwarded{.target = std::string_view{url}.substr(path_begins),
                                    .host = mapping.mirror->target.host_header,
                                    .pseudonym = context_.pseudonym,
                                    .upgrade = {}};
  if (!mapping.request_headers.empty()) forwarded.rules = &mapping.request_headers;
  auto const& egress = call_.policy().egress.of_mirror(call_.source());
  Mirrors::Copy copy{.series = record().mapping,
                     .pool = context_.pools.of(upstream::authority_of(mapping.mirror->target), egress),
                     .request = {},
                     .method = request_.method,
                     .timeout = call_.timeout()};
  append_forwarded(copy.request, head, forwarded);
  copy.request.append(upstream_.writer.kept().substr(head_bytes));
  context_.mirrors.send(std::move(copy));
}

}  // namespace ambassador::session
