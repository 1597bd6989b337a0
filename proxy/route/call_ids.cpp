#include "route/call_ids.hpp"

#include "base/bytes.hpp"
#include "wire/http/trace_context.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace ambassador::route {
namespace {

using wire::http::append_hex;
using wire::http::FieldId;
using wire::http::TraceParent;

/// What a head says.
struct Said {
  std::string_view traceparent;
  std::size_t traceparents = 0;
  std::string_view request_id;  ///< the first
};

Said read(std::span<wire::http::Field const> fields) noexcept {
  Said said;
  for (auto const& field : fields) {
    if (field.id == FieldId::traceparent) {
      said.traceparent = field.value;
      ++said.traceparents;
    } else if (field.id == FieldId::x_request_id && said.request_id.empty()) {
      said.request_id = field.value;
    }
  }
  return said;
}

/// Bytes that are not all zero: what is all zero is no id.
void make_id(std::span<std::uint8_t> id, Random& random) {
  for (std::size_t i = 0; i < id.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t number = 0;
    while (number == 0) number = random();
    for (std::size_t byte = 0; byte < sizeof number; ++byte) id[i + byte] = static_cast<std::uint8_t>(number >> (8 * byte));
  }
}

/// UUID version 4, RFC 9562 section 5.4. Not the trace's id, which all calls of a trace have; and a UUID because apps
/// that look into the field expect what other proxies write there.
void append_uuid(std::string& out, Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  make_id(bytes, random);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  std::span<std::uint8_t const> rest{bytes};
  for (std::size_t const size : {4U, 2U, 2U, 2U, 6U}) {
    if (rest.size() != bytes.size()) out += '-';
    append_hex(out, rest.first(size));
    rest = rest.subspan(size);
  }
}

bool is_fit(std::string_view request_id) noexcept {
  return request_id.size() <= max_request_id && std::none_of(request_id.begin(), request_id.end(), is_control);
}

/// We are a hop of our own: the parent is always new. A trace that begins here is sampled, for who wrote `trace: on` wants
/// to see it, and a tracer behind us that follows its parent's choice would show none of it.
void begin_hop(CallIds& ids, std::optional<TraceParent> parent, Random& random) {
  ids.new_trace = !parent;
  if (!parent) {
    parent.emplace().sampled = true;
    make_id(parent->trace_id, random);
    append_hex(ids.trace_id, parent->trace_id);
  }
  make_id(parent->parent_id, random);
  append_traceparent(ids.traceparent, *parent);
}

}  // namespace

void CallIds::clear() noexcept {
  trace_id.clear();
  request_id.clear();
  traceparent.clear();
  new_trace = new_request_id = false;
}

void take_ids(CallIds& ids, config::Trace trace, wire::http::RequestHead const& head, Random& random) {
  ids.clear();
  if (trace == config::Trace::off) return;
  auto const said = head.has_ids ? read(head.fields) : Said{};
  auto const parent = said.traceparents == 1 ? wire::http::read_traceparent(said.traceparent) : std::nullopt;
  if (parent) append_hex(ids.trace_id, parent->trace_id);
  if (is_fit(said.request_id)) ids.request_id.assign(said.request_id);
  if (trace != config::Trace::on || head.method == wire::http::Method::connect) return;
  begin_hop(ids, parent, random);
  ids.new_request_id = said.request_id.empty();
  if (ids.new_request_id) append_uuid(ids.request_id, random);
}

}  // namespace ambassador::route
