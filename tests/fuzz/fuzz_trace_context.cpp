// A traceparent that is read is written as version 00, and is the same then; no byte is taken for another.
#include "fuzz/promise.hpp"
#include "wire/http/trace_context.hpp"

#include <algorithm>
#include <string>

namespace ambassador::fuzz {
namespace {

using namespace wire::http;

bool is_ours(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-'; }

void read(std::string_view value) {
  auto const parent = read_traceparent(value);
  if (!parent) return;
  auto const known = value.substr(0, traceparent_size);
  promise(std::all_of(known.begin(), known.end(), is_ours), "it has lower-case hex digits and dashes");
  promise(parent->trace_id != TraceId{} && parent->parent_id != ParentId{}, "no id is zero");
  promise(value.size() == traceparent_size || (value[traceparent_size] == '-' && !value.starts_with("00")),
          "only a later version has more");
  promise(!value.starts_with("ff"), "ff is no version");
  std::string written;
  append_traceparent(written, *parent);
  promise(written.size() == traceparent_size && written.starts_with("00-"), "what is written is version 00");
  promise(read_traceparent(written) == parent, "what is written is the same");
  promise(std::string_view{written}.substr(2, 51) == value.substr(2, 51), "the ids are those that were read");
}

}  // namespace
}  // namespace ambassador::fuzz

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  ambassador::fuzz::read({reinterpret_cast<char const*>(data), size});
  return 0;
}
