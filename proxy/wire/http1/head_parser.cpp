#include "wire/http1/head_parser.hpp"

#include "base/bytes.hpp"
#include "wire/http1/lines.hpp"

#include <cstdint>
#include <limits>

namespace ambassador::wire::http1 {
namespace {

using http::Fault;
using http::Field;
using http::FieldId;
using http::Head;
using http::Method;

/// What the fields of either kind of head say together; judged again when all are known.
class FieldJudge {
 public:
  FieldJudge(http::HeadLimits const& limits, http::FieldList& fields) : limits_{limits}, fields_{fields} { fields_.clear(); }

  [[nodiscard]] std::optional<Fault> take(Head& head, Field const& field) {
    if (fields_.size() >= limits_.fields) return Fault{Errc::too_many_fields, "more fields than limits.fields"};
    fields_.push_back(field);
    switch (field.id) {
      case FieldId::content_length: return take_length(field.value);
      case FieldId::transfer_encoding: return take_coding(head, field.value);
      case FieldId::connection: return take_connection(head, field.value);
      case FieldId::proxy_connection:
        if (!is_token_list(field.value)) return Fault{Errc::bad_message, "Proxy-Connection is not a list of tokens"};
        return std::nullopt;
      case FieldId::upgrade: head.upgrade = field.value; return std::nullopt;
      default: return std::nullopt;
    }
  }

  [[nodiscard]] std::optional<Fault> finish(Head& head) const {
    head.fields = fields_;
    if (chunked_ && length_) return Fault{Errc::bad_message, "both Content-Length and Transfer-Encoding"};
    if (chunked_) {
      head.body = {http::BodyKind::chunked, 0};
    } else if (length_) {
      head.body = {http::BodyKind::sized, *length_};
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::optional<Fault> take_length(std::string_view value) {
    if (length_) return Fault{Errc::bad_message, "more than one Content-Length"};
    length_ = parse_decimal(value);
    bool const padded = value.size() > 1 && value.front() == '0';
    // Half the range, so that no sum with a length can overflow.
    if (!length_ || padded || *length_ > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return Fault{Errc::bad_message, "Content-Length is not a plain number"};
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Fault> take_coding(Head const& head, std::string_view value) {
    if (head.minor_version == 0) return Fault{Errc::bad_message, "Transfer-Encoding in HTTP/1.0"};
    if (chunked_ || !iequals(value, "chunked")) return Fault{Errc::bad_message, "Transfer-Encoding is not exactly chunked"};
    chunked_ = true;
    return std::nullopt;
  }

  [[nodiscard]] static bool is_token_list(std::string_view value) {
    bool tokens = true;
    for_each_list_element(value, [&](std::string_view element) { tokens = tokens && is_token(element); });
    return tokens;
  }

  [[nodiscard]] std::optional<Fault> take_connection(Head& head, std::string_view value) {
    bool tokens = true;
    for_each_list_element(value, [&](std::string_view option) {
      ++connection_options_;
      tokens = tokens && is_token(option);
      if (iequals(option, "close")) {
        head.connection_close = true;
      } else if (iequals(option, "keep-alive")) {
        head.connection_keep_alive = true;
      } else if (iequals(option, "upgrade")) {
        head.connection_upgrade = true;
      } else {
        head.connection_names_fields = true;
      }
    });
    if (!tokens) return Fault{Errc::bad_message, "Connection is not a list of tokens"};
    if (connection_options_ > max_connection_options) return Fault{Errc::bad_message, "Connection names too many options"};
    return std::nullopt;
  }

  http::HeadLimits const& limits_;
  http::FieldList& fields_;
  std::optional<std::uint64_t> length_;
  bool chunked_ = false;
  std::size_t connection_options_ = 0;
};

constexpr Fault malformed_line{Errc::bad_message, "the start line is malformed"};
constexpr Fault malformed_field{Errc::bad_message, "a field line is malformed"};

/// Calls `take(field)` for each field line up to the empty line; the first fault ends it.
template <class Take>
std::optional<Fault> for_each_field(std::string_view lines, Take take) {
  Field field;
  while (lines != crlf) {
    if (!take_field(lines, field)) return malformed_field;
    if (auto fault = take(field)) return fault;
  }
  return std::nullopt;
}

/// The D of `HTTP/1.D`; nothing for any version that is neither 1.0 nor 1.1.
std::optional<unsigned> minor_version(std::string_view version) noexcept {
  if (version == "HTTP/1.1") return 1;
  if (version == "HTTP/1.0") return 0;
  return std::nullopt;
}

/// A method that is a standard one in the wrong case: some servers would take `get` for GET.
bool is_miscased(std::string_view method) noexcept {
  static constexpr std::string_view standard[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                  "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  for (auto const name : standard) {
    if (method != name && iequals(method, name)) return true;
  }
  return false;
}

class RequestParser {
 public:
  RequestParser(http::HeadLimits const& limits, http::FieldList& fields, http::RequestHead& head)
      : limits_{limits}, head_{head}, judge_{limits, fields} {}

  [[nodiscard]] std::optional<Fault> run(std::string_view bytes) {
    if (auto fault = take_request_line(take_line(bytes))) return fault;
    if (auto fault = for_each_field(bytes, [this](Field const& field) { return take(field); })) return fault;
    return finish();
  }

 private:
  std::optional<Fault> take_request_line(std::string_view line) {
    auto const parts = split_request_line(line);
    if (!parts) return malformed_line;
    auto const minor = minor_version(parts->version);
    if (!minor) return Fault{Errc::bad_version, "neither HTTP/1.0 nor HTTP/1.1"};
    head_.minor_version = *minor;
    head_.method = boost::beast::http::string_to_verb({parts->method.data(), parts->method.size()});
    head_.method_text = parts->method;
    head_.target = parts->target;
    if (is_miscased(parts->method)) return Fault{Errc::bad_message, "the method is not in capitals"};
    if (parts->target.size() > limits_.target) return Fault{Errc::target_too_long, "longer than limits.target"};
    return std::nullopt;
  }

  std::optional<Fault> take(Field const& field) {
    switch (field.id) {
      case FieldId::host:
        if (head_.has_host) return Fault{Errc::bad_message, "more than one Host"};
        head_.has_host = true;
        head_.host = field.value;
        break;
      case FieldId::expect:
        (iequals(field.value, "100-continue") ? head_.expects_continue : head_.expects_unknown) = true;
        break;
      case FieldId::traceparent:
      case FieldId::x_request_id: head_.has_ids = true; break;
      case FieldId::max_forwards:
        if (auto const hops = parse_decimal(field.value)) head_.max_forwards = *hops;
        break;
      default: break;
    }
    return judge_.take(head_, field);
  }

  [[nodiscard]] std::optional<Fault> finish() {
    if (auto fault = judge_.finish(head_)) return fault;
    if (!head_.has_host && head_.minor_version == 1) return Fault{Errc::bad_message, "no Host"};
    if (head_.method == Method::connect && head_.body.kind != http::BodyKind::none) {
      return Fault{Errc::bad_message, "a body with CONNECT"};
    }
    return std::nullopt;
  }

  http::HeadLimits const& limits_;
  http::RequestHead& head_;
  FieldJudge judge_;
};

/// `timeout=N` of a Keep-Alive field (RFC 2068 section 19.7.1), or 0.
std::uint64_t keep_alive_timeout(std::string_view value) {
  constexpr std::string_view key = "timeout=";
  std::uint64_t seconds = 0;
  for_each_list_element(value, [&](std::string_view element) {
    if (element.size() > key.size() && iequals(element.substr(0, key.size()), key)) {
      seconds = parse_decimal(element.substr(key.size())).value_or(0);
    }
  });
  return seconds;
}

class ResponseParser {
 public:
  ResponseParser(http::HeadLimits const& limits, http::FieldList& fields, http::ResponseHead& head)
      : head_{head}, judge_{limits, fields} {}

  [[nodiscard]] std::optional<Fault> run(std::string_view bytes, Method method) {
    if (auto fault = take_status_line(take_line(bytes))) return fault;
    if (auto fault = for_each_field(bytes, [this](Field const& field) { return take(field); })) return fault;
    return finish(method);
  }

 private:
  std::optional<Fault> take_status_line(std::string_view line) {
    auto const parts = split_status_line(line);
    auto const minor = parts ? minor_version(parts->version) : std::nullopt;
    if (!minor) return malformed_line;
    head_.minor_version = *minor;
    head_.status = parts->status;
    head_.reason = parts->reason;
    if (parts->status < 100 || parts->status > 599) return Fault{Errc::bad_message, "the status is not from 100 to 599"};
    return std::nullopt;
  }

  std::optional<Fault> take(Field const& field) {
    if (field.id == FieldId::date) head_.has_date = true;
    if (field.id == FieldId::keep_alive) head_.keep_alive_timeout = keep_alive_timeout(field.value);
    return judge_.take(head_, field);
  }

  [[nodiscard]] std::optional<Fault> finish(Method method) {
    if (auto fault = judge_.finish(head_)) return fault;
    bool const bodiless = method == Method::head || head_.status / 100 == 1 || head_.status == 204 || head_.status == 304;
    if (bodiless) {
      // A length may still be said of the body that is not there (HEAD, 304): the fields keep it.
      head_.body = {};
    } else if (head_.body.kind == http::BodyKind::none) {
      head_.body = {http::BodyKind::until_close, 0};
    }
    return std::nullopt;
  }

  http::ResponseHead& head_;
  FieldJudge judge_;
};

bool is_forbidden_in_trailers(FieldId id) noexcept {
  switch (id) {
    case FieldId::authorization:
    case FieldId::cache_control:
    case FieldId::connection:
    case FieldId::content_encoding:
    case FieldId::content_length:
    case FieldId::content_range:
    case FieldId::content_type:
    case FieldId::cookie:
    case FieldId::expect:
    case FieldId::host:
    case FieldId::keep_alive:
    case FieldId::location:
    case FieldId::max_forwards:
    case FieldId::proxy_authenticate:
    case FieldId::proxy_authorization:
    case FieldId::proxy_connection:
    case FieldId::range:
    case FieldId::set_cookie:
    case FieldId::te:
    case FieldId::trailer:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
    case FieldId::via:
    case FieldId::www_authenticate: return true;
    default: return false;
  }
}

}  // namespace

std::optional<Fault> parse_request_head(std::string_view bytes, http::HeadLimits const& limits, http::FieldList& fields,
                                        http::RequestHead& head) {
  head = {};
  return RequestParser{limits, fields, head}.run(bytes);
}

std::optional<Fault> parse_response_head(std::string_view bytes, http::HeadLimits const& limits, Method method,
                                         http::FieldList& fields, http::ResponseHead& head) {
  head = {};
  return ResponseParser{limits, fields, head}.run(bytes, method);
}

std::optional<Fault> parse_trailers(std::string_view bytes, http::HeadLimits const& limits, http::FieldList& fields) {
  Head head;
  FieldJudge judge{limits, fields};
  return for_each_field(bytes, [&](Field const& field) -> std::optional<Fault> {
    if (is_forbidden_in_trailers(field.id)) return Fault{Errc::bad_chunk, "a field that must not stand in a trailer"};
    return judge.take(head, field);
  });
}

}  // namespace ambassador::wire::http1
