#include "wire/http1/head_parser.hpp"

#include "base/bytes.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <array>
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
      case FieldId::upgrade: head.upgrade = field.value; return std::nullopt;
      default: return std::nullopt;
    }
  }

  [[nodiscard]] std::optional<Fault> finish(Head& head) const {
    head.fields = fields_;
    // Beast refuses this too: of all faults this one is locked twice.
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

  [[nodiscard]] std::optional<Fault> take_connection(Head& head, std::string_view value) {
    for_each_list_element(value, [&](std::string_view option) {
      ++connection_options_;
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
    if (connection_options_ > max_connection_options) return Fault{Errc::bad_message, "Connection names too many options"};
    return std::nullopt;
  }

  http::HeadLimits const& limits_;
  http::FieldList& fields_;
  std::optional<std::uint64_t> length_;
  bool chunked_ = false;
  std::size_t connection_options_ = 0;
};

/// The part of Beast's parser that is the same for all of ours: it ends with the head, and remembers the first fault.
template <bool is_request>
class Parser : public boost::beast::http::basic_parser<is_request> {
  using Base = boost::beast::http::basic_parser<is_request>;
  using ErrorCode = boost::beast::error_code;
  using View = boost::beast::string_view;

 public:
  Parser() {
    this->header_limit(std::numeric_limits<std::uint32_t>::max());  // the scanner has judged the size
    this->body_limit(boost::none);                                  // a body may be as long as it likes
  }

  [[nodiscard]] std::optional<Fault> run(std::string_view bytes) {
    ErrorCode failed;
    std::size_t const used = this->put(boost::asio::buffer(bytes.data(), bytes.size()), failed);
    if (fault_) return fault_;
    if (failed && failed != boost::beast::http::error::need_more) return Fault{Errc::bad_message, "the head is malformed"};
    if (used != bytes.size()) return Fault{Errc::bad_message, "the head is malformed"};
    return std::nullopt;
  }

 protected:
  virtual std::optional<Fault> take_field(Field const& field) = 0;

  void refuse(std::optional<Fault> fault, ErrorCode& failed) {
    fault_ = fault;
    if (fault) failed = make_error_code(fault->code);
  }

  static std::string_view std_view(View view) { return {view.data(), view.size()}; }

 private:
  void on_field_impl(FieldId id, View name, View value, ErrorCode& failed) final {
    refuse(take_field({id, std_view(name), std_view(value)}), failed);
  }

  void on_request_impl(Method, View, View, int, ErrorCode&) override {}
  void on_response_impl(int, View, int, ErrorCode&) override {}
  void on_header_impl(ErrorCode&) final {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, ErrorCode&) final {}
  std::size_t on_body_impl(View, ErrorCode&) final { return 0; }
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) final {}
  std::size_t on_chunk_body_impl(std::uint64_t, View, ErrorCode&) final { return 0; }
  void on_finish_impl(ErrorCode&) final {}

  std::optional<Fault> fault_;
};

/// A method that is a standard one in the wrong case: some servers would take `get` for GET.
bool is_miscased(std::string_view method) noexcept {
  static constexpr std::string_view standard[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                  "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  for (auto const name : standard) {
    if (method != name && iequals(method, name)) return true;
  }
  return false;
}

class RequestParser final : public Parser<true> {
 public:
  RequestParser(http::HeadLimits const& limits, http::FieldList& fields, http::RequestHead& head)
      : limits_{limits}, head_{head}, judge_{limits, fields} {}

  [[nodiscard]] std::optional<Fault> finish() {
    if (auto fault = judge_.finish(head_)) return fault;
    if (!head_.has_host && head_.minor_version == 1) return Fault{Errc::bad_message, "no Host"};
    if (head_.method == Method::connect && head_.body.kind != http::BodyKind::none) {
      return Fault{Errc::bad_message, "a body with CONNECT"};
    }
    return std::nullopt;
  }

 private:
  void on_request_impl(Method method, boost::beast::string_view text, boost::beast::string_view target, int version,
                       boost::beast::error_code& failed) override {
    head_.method = method;
    head_.method_text = std_view(text);
    head_.target = std_view(target);
    head_.minor_version = static_cast<unsigned>(version % 10);
    if (is_miscased(head_.method_text)) return refuse(Fault{Errc::bad_message, "the method is not in capitals"}, failed);
    if (head_.target.size() > limits_.target) return refuse(Fault{Errc::target_too_long, "longer than limits.target"}, failed);
  }

  std::optional<Fault> take_field(Field const& field) override {
    switch (field.id) {
      case FieldId::host:
        if (head_.has_host) return Fault{Errc::bad_message, "more than one Host"};
        head_.has_host = true;
        head_.host = field.value;
        break;
      case FieldId::expect:
        (iequals(field.value, "100-continue") ? head_.expects_continue : head_.expects_unknown) = true;
        break;
      case FieldId::max_forwards:
        if (auto const hops = parse_decimal(field.value)) head_.max_forwards = *hops;
        break;
      default: break;
    }
    return judge_.take(head_, field);
  }

  http::HeadLimits const& limits_;
  http::RequestHead& head_;
  FieldJudge judge_;
};

/// Whether a refused request line is right in form but speaks another version, as in `GET / HTTP/2.0`: that is 505, not 400.
bool names_other_version(std::string_view bytes) noexcept {
  constexpr std::size_t version_size = std::string_view{"HTTP/1.1"}.size();
  auto const line = bytes.substr(0, bytes.find('\r'));
  if (line.size() < version_size) return false;
  auto const version = line.substr(line.size() - version_size);
  bool const well_formed = version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
  return well_formed && version != "HTTP/1.0" && version != "HTTP/1.1";
}

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

class ResponseParser final : public Parser<false> {
 public:
  ResponseParser(http::HeadLimits const& limits, http::FieldList& fields, http::ResponseHead& head)
      : head_{head}, judge_{limits, fields} {}

  /// `HTTP/1.1 200` without the blank that RFC 9112 section 4 wants behind the status: servers send it, and it can be
  /// read in one way only. Beast gets the blank.
  [[nodiscard]] std::optional<Fault> run_all(std::string_view bytes) {
    constexpr std::size_t size = std::string_view{"HTTP/1.1 200"}.size();
    if (bytes.size() <= size || bytes[size] != '\r') return this->run(bytes);
    std::array<char, size + 3> line{};
    std::copy(crlf_behind_blank.begin(), crlf_behind_blank.end(), std::copy_n(bytes.begin(), size, line.begin()));
    if (auto fault = this->run({line.data(), line.size()})) return fault;
    head_.reason = {};
    return this->run(bytes.substr(size + 2));
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

 private:
  void on_response_impl(int status, boost::beast::string_view reason, int version, boost::beast::error_code& failed) override {
    head_.status = static_cast<unsigned>(status);
    head_.reason = std_view(reason);
    head_.minor_version = static_cast<unsigned>(version % 10);
    if (status < 100 || status > 599) return refuse(Fault{Errc::bad_message, "the status is not from 100 to 599"}, failed);
  }

  std::optional<Fault> take_field(Field const& field) override {
    if (field.id == FieldId::date) head_.has_date = true;
    if (field.id == FieldId::keep_alive) head_.keep_alive_timeout = keep_alive_timeout(field.value);
    return judge_.take(head_, field);
  }

  static constexpr std::string_view crlf_behind_blank = " \r\n";

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

class TrailerParser final : public Parser<false> {
 public:
  TrailerParser(http::HeadLimits const& limits, http::FieldList& fields) : judge_{limits, fields} {}

 private:
  std::optional<Fault> take_field(Field const& field) override {
    if (is_forbidden_in_trailers(field.id)) return Fault{Errc::bad_chunk, "a field that must not stand in a trailer"};
    return judge_.take(head_, field);
  }

  Head head_;
  FieldJudge judge_;
};

}  // namespace

std::optional<Fault> parse_request_head(std::string_view bytes, http::HeadLimits const& limits, http::FieldList& fields,
                                        http::RequestHead& head) {
  head = {};
  RequestParser parser{limits, fields, head};
  if (auto fault = parser.run(bytes)) {
    return names_other_version(bytes) ? Fault{Errc::bad_version, "neither HTTP/1.0 nor HTTP/1.1"} : fault;
  }
  return parser.finish();
}

std::optional<Fault> parse_response_head(std::string_view bytes, http::HeadLimits const& limits, Method method,
                                         http::FieldList& fields, http::ResponseHead& head) {
  head = {};
  ResponseParser parser{limits, fields, head};
  if (auto fault = parser.run_all(bytes)) return fault;
  return parser.finish(method);
}

std::optional<Fault> parse_trailers(std::string_view bytes, http::HeadLimits const& limits, http::FieldList& fields) {
  TrailerParser parser{limits, fields};
  // Beast reads fields behind a start line only.
  if (auto fault = parser.run("HTTP/1.1 200 OK\r\n")) return fault;
  return parser.run(bytes);
}

}  // namespace ambassador::wire::http1
