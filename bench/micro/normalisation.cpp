// A request's target becomes canonical: what is matched, and what is sent.
#include "base/uri.hpp"
#include "operation.hpp"
#include "route/request_url.hpp"

#include <string>
#include <string_view>

namespace ambassador::micro {
namespace {

Loop path(std::string_view text, std::string_view canonical) {
  std::string normal;
  require(normalise_path(text, normal) == UriFault::none && normal == canonical, std::string{text});
  return repeat([text, out = std::string{}]() mutable {
    out.clear();
    normalise_path(text, out);
    return out.size();
  });
}

Loop url(std::string_view target) {
  wire::http::RequestHead head;
  head.method = wire::http::Method::get;
  head.target = target;
  head.host = "numbers.internal:8080";
  head.has_host = true;
  route::RequestUrl url;
  require(!route::read_request_url(head, {}, url) && url.path == "/api/v1/numbers", std::string{target});
  return repeat([head, out = route::RequestUrl{}]() mutable {
    route::read_request_url(head, {}, out);
    return out.path.size();
  });
}

}  // namespace

Operations normalisation() {
  return {
      {"path/canonical already", [] { return path("/api/v1/numbers/4711/details", "/api/v1/numbers/4711/details"); }},
      {"path/dots and escapes", [] { return path("/api/./v1/../v2/%6eumbers/%7e4711/a%2fb", "/api/v2/numbers/~4711/a%2fb"); }},
      {"url/origin-form", [] { return url("/api/v1/numbers?page=3&size=50"); }},
      {"url/absolute-form", [] { return url("http://numbers.internal:8080/api/v1/numbers?page=3&size=50"); }},
  };
}

}  // namespace ambassador::micro
