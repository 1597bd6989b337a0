#include "wire/http/message.hpp"

#include "base/bytes.hpp"

namespace ambassador::wire::http {

bool is_idempotent(Method method) noexcept {
  switch (method) {
    case Method::get:
    case Method::head:
    case Method::put:
    case Method::delete_:
    case Method::options:
    case Method::trace: return true;
    default: return false;
  }
}

bool connection_names(Head const& head, std::string_view name) noexcept {
  bool named = false;
  for (auto const& field : head.fields) {
    if (field.id != FieldId::connection) continue;
    for_each_list_element(field.value, [&](std::string_view option) { named = named || iequals(option, name); });
  }
  return named;
}

}  // namespace ambassador::wire::http
