// A TLS context that is made of files: loaded when it is first needed, made anew when they change. Where that fails the
// old one stays in force. From any thread.
#pragma once

#include "net/current.hpp"
#include "net/tls_context.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ambassador::net {

class TlsSource {
 public:
  using Make = std::function<boost::system::result<std::shared_ptr<TlsContext const>, TlsFileFault>()>;

  /// `files` are those that `make` reads, to be watched.
  TlsSource(std::vector<std::string> files, Make make) : files_{std::move(files)}, make_{std::move(make)} {}

  /// Null where the files could not be used yet.
  [[nodiscard]] std::shared_ptr<TlsContext const> get();
  /// Changes with each new context: connections made with an older one are not for new calls.
  [[nodiscard]] std::uint64_t generation() const noexcept { return context_.generation(); }

  /// Reads the files again. What is wrong with them, or nothing.
  std::optional<TlsFileFault> load();

  [[nodiscard]] std::vector<std::string> const& files() const noexcept { return files_; }

 private:
  std::optional<TlsFileFault> load_locked();

  std::vector<std::string> const files_;
  Make const make_;
  std::mutex loading_;
  Current<TlsContext> context_;
};

}  // namespace ambassador::net
