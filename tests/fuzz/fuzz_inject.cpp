// Whatever a manifest holds, it is refused with a reason, or what comes out is read again, does not change when it is injected
// again, and comes back as it was.
#include "fuzz/promise.hpp"
#include "kubernetes/inject.hpp"

#include <algorithm>
#include <string>

namespace ambassador::fuzz {
namespace {

using kubernetes::Edited;

kubernetes::Sidecar sidecar(kubernetes::Sidecar::Form form) {
  kubernetes::Sidecar made;
  made.version = "0.1.0";
  made.image = "ambassador:0.1.0";
  made.configuration = "allow: [example.com:443]\n# the end";
  made.form = form;
  made.proxy_port = 1080;
  made.tunnels = true;
  made.low_ports = true;
  made.secrets = {{"payments", "/secrets/payments", {"token"}}};
  return made;
}

void promise_diagnostics(Edited const& edited) {
  bool const error = std::any_of(edited.diagnostics.begin(), edited.diagnostics.end(),
                                 [](auto const& diagnostic) { return diagnostic.severity == config::Severity::error; });
  promise(edited.text.has_value() != error, "there is a text or an error, never both and never none");
}

void edit(std::string const& text, kubernetes::Sidecar const& with) {
  auto const bare = kubernetes::uninject(text, "fuzzed.yaml");
  promise_diagnostics(bare);
  auto const once = kubernetes::inject(text, "fuzzed.yaml", with);
  promise_diagnostics(once);
  if (!once.text) return;
  promise(bare.text.has_value(), "what can be injected can be uninjected");
  auto const twice = kubernetes::inject(*once.text, "fuzzed.yaml", with);
  promise(twice.text == once.text, "injecting again changes nothing");
  promise(kubernetes::uninject(*once.text, "fuzzed.yaml").text == bare.text, "what was injected comes back");
}

}  // namespace
}  // namespace ambassador::fuzz

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  std::string const text{reinterpret_cast<char const*>(data), size};
  ambassador::fuzz::edit(text, ambassador::fuzz::sidecar(ambassador::kubernetes::Sidecar::Form::native));
  ambassador::fuzz::edit(text, ambassador::fuzz::sidecar(ambassador::kubernetes::Sidecar::Form::container));
  return 0;
}
