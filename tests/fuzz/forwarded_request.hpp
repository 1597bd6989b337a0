// A request as it would go upstream under a map that takes every host.
#pragma once

#include "route/decision.hpp"
#include "session/http/forwarded_head.hpp"
#include "wire/http1/head_parser.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ambassador::fuzz {

inline constexpr std::string_view pseudonym = "us";

inline config::Settings map_of_everything() {
  config::Mapping everything;
  everything.source.host_kind = config::HostKind::any;
  everything.source.host = "*";
  everything.source.port = 0;
  auto& target = everything.targets.emplace_back();
  target.authority = {"up", 8080};
  target.port = 8080;
  target.host_header = "up:8080";
  target.path = "/base";
  config::Settings settings;
  settings.map = {everything};
  return settings;
}

struct ForwardedHead {
  wire::http::FieldList fields;
  wire::http::RequestHead head;  ///< as the client sent it
  std::string target;            ///< as it goes upstream
  std::string bytes;             ///< the head as it goes upstream
};

/// False where the request is refused, or is not one to be forwarded.
inline bool forward(std::string_view head_bytes, ForwardedHead& out) {
  static config::Settings const settings = map_of_everything();
  static route::Rules const rules{settings};
  if (wire::http1::parse_request_head(head_bytes, {}, out.fields, out.head)) return false;
  route::RequestUrl url;
  if (route::read_request_url(out.head, {}, url) || url.form == route::TargetForm::authority) return false;
  auto const decision = rules.decide(url, out.head.method_text, out.head.fields, 1080);
  if (decision.verdict != route::Verdict::mapped) return false;
  std::string text;
  auto const path_begins = route::append_target_url(text, decision, url);
  out.target = text.substr(path_begins);
  session::append_forwarded(
      out.bytes, out.head,
      {.target = out.target, .host = settings.map[0].targets.front().host_header, .pseudonym = pseudonym, .upgrade = {}});
  return true;
}

}  // namespace ambassador::fuzz
