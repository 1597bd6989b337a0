// A URL has one canonical form, which is its own; and the lines to paste for it let it pass.
#include "base/bytes.hpp"
#include "config/load.hpp"
#include "fuzz/promise.hpp"
#include "route/nearest_miss.hpp"

#include <algorithm>
#include <string>

namespace ambassador::fuzz {
namespace {

void promise_canonical_path(std::string const& path) {
  std::string again;
  promise(normalise_path(path, again) == UriFault::none, "a canonical path is accepted again");
  promise(again == path, "a canonical path stays as it is");
  promise(path.starts_with('/'), "a path begins with a slash");
  promise((path + '/').find("/./") == std::string::npos && (path + '/').find("/../") == std::string::npos,
          "no dot segment is left");
  promise(std::none_of(path.begin(), path.end(),
                       [](char c) { return is_control(c) || c == ' ' || c == '\\' || c == '#' || c == '?'; }),
          "no byte is left that could end the path");
}

void read_path(std::string_view text) {
  auto const path = text.substr(0, text.find('?'));
  std::string canonical;
  if (normalise_path(path, canonical) == UriFault::none) promise_canonical_path(canonical);
}

void read_authority(std::string_view text) {
  Authority authority;
  if (parse_authority(text, authority) != UriFault::none) return;
  Authority again;
  promise(parse_authority(authority.text(0), again) == UriFault::none, "a canonical authority is accepted again");
  promise(again == authority, "a canonical authority stays as it is");
}

/// The URL as the configuration's own reader would let it pass.
void paste(route::RequestUrl const& url, std::string_view method) {
  auto const lines = route::lines_to_paste(url);
  config::Inputs inputs;
  inputs.file = "pasted";
  inputs.read_file = [&](std::string const&) { return std::optional{lines}; };
  auto const loaded = config::load(inputs);
  promise(loaded.settings.has_value(), "lines to paste are valid configuration");
  route::Rules const rules{*loaded.settings};
  promise(rules.decide(url, method, {}, 0).verdict != route::Verdict::blocked, "lines to paste let the call pass");
}

void read_url(std::string_view method, std::string_view text) {
  route::RequestUrl url;
  if (route::read_typed_url(method, text, url)) return;
  std::string canonical;
  url.append_text(canonical);
  route::RequestUrl again;
  promise(!route::read_typed_url(method, canonical, again), "a canonical URL is accepted again");
  std::string twice;
  again.append_text(twice);
  promise(canonical == twice, "a canonical URL stays as it is");
  if (url.scheme == route::Scheme::https) return;
  paste(url, method);
  if (url.form == route::TargetForm::authority) return;
  url.form = route::TargetForm::origin;  // where a map entry is pasted
  paste(url, method);
}

}  // namespace
}  // namespace ambassador::fuzz

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string_view const text{reinterpret_cast<char const*>(data), size};
  ambassador::fuzz::read_path(text);
  ambassador::fuzz::read_authority(text);
  ambassador::fuzz::read_url("GET", text);
  ambassador::fuzz::read_url("CONNECT", text);
  return 0;
}
