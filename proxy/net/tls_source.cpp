#include "net/tls_source.hpp"

namespace ambassador::net {

std::shared_ptr<TlsContext const> TlsSource::get() {
  if (auto context = context_.get()) return context;
  std::lock_guard const lock{loading_};
  if (auto context = context_.get()) return context;
  load_locked();
  return context_.get();
}

std::optional<TlsFileFault> TlsSource::load() {
  std::lock_guard const lock{loading_};
  return load_locked();
}

std::optional<TlsFileFault> TlsSource::load_locked() {
  auto made = make_();
  if (!made) return std::move(made).error();
  context_.set(std::move(*made));
  return std::nullopt;
}

}  // namespace ambassador::net
