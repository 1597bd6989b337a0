#include "route/forwarding.hpp"

#include "base/bytes.hpp"

namespace ambassador::route {

bool went_through(wire::http::Head const& head, std::string_view pseudonym) noexcept {
  bool found = false;
  for (auto const& field : head.fields) {
    if (field.id != wire::http::FieldId::via) continue;
    for_each_list_element(field.value, [&](std::string_view entry) {
      auto const blank = entry.find_first_of(" \t");
      if (blank == std::string_view::npos) return;
      auto const by = trim(entry.substr(blank));
      found = found || by.substr(0, by.find_first_of(" \t")) == pseudonym;
    });
  }
  return found;
}

std::string_view wanted_upgrade(wire::http::RequestHead const& head) noexcept {
  if (!head.connection_upgrade || head.minor_version != 1 || head.body.has_body()) return {};
  bool h2c = false;
  for_each_list_element(head.upgrade, [&](std::string_view protocol) { h2c = h2c || iequals(protocol, "h2c"); });
  return h2c ? std::string_view{} : head.upgrade;
}

}  // namespace ambassador::route
