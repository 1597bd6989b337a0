#include "config/settings/balancing.hpp"

#include "base/bytes.hpp"
#include "config/keys/keys.hpp"
#include "config/settings/values.hpp"

#include <algorithm>

namespace ambassador::config {
namespace {

HashKey read_hash(Node const& node, Report& report) {
  HashKey hash;
  if (is_word(node, "client", {}, report)) return hash;
  auto const* const header = node.find("header");
  auto const* const cookie = node.find("cookie");
  if ((header != nullptr) == (cookie != nullptr)) {
    report.error(node.where, node.path, "a hash has either a header or a cookie", {}, "or write hash: client");
    return hash;
  }
  auto const& named = header != nullptr ? *header : *cookie;
  hash.of = header != nullptr ? HashKey::Of::header : HashKey::Of::cookie;
  hash.name = named.text;
  if (!is_token(named.text)) refuse(report, named, "must be " + form_in_words(*named.key));
  if (header != nullptr) std::transform(hash.name.begin(), hash.name.end(), hash.name.begin(), to_lower);
  return hash;
}

}  // namespace

void read_balancing(Node const& entry, Mapping& mapping, Report& report) {
  if (auto const* const balance = entry.find("balance"))
    mapping.balance = static_cast<Balance>(read_choice(*balance, report).value_or(0));
  auto const* const hash = entry.find("hash");
  if (hash == nullptr) return;
  mapping.hash = read_hash(*hash, report);
  if (mapping.balance != Balance::hash) refuse_key(report, *hash, "is only for balance: hash");
}

}  // namespace ambassador::config
