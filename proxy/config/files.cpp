#include "config/files.hpp"

#include "config/address.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ambassador::config {
namespace {

class Files {
 public:
  void add(std::string const& path, std::string_view key, std::string_view of, Location const& where) {
    if (path.empty()) return;
    // One text may stand for two addresses, with the same files.
    bool const known = std::any_of(files_.begin(), files_.end(), [&](FileUse const& use) {
      return use.path == path && use.where.file == where.file && use.where.line == where.line &&
             use.where.column == where.column;
    });
    if (!known) files_.push_back({path, of.empty() ? std::string{key} : fmt::format("{} of {}", key, of), where});
  }

  void add(ListenAddress const& listener) {
    if (!listener.tls) return;
    auto const name = to_string(listener);
    for (auto const& pair : listener.tls->certificates) {
      add(pair.cert, "tls.cert", name, pair.where);
      add(pair.key, "tls.key", name, pair.where);
    }
    add(listener.tls->client_ca, "tls.client_ca", name, listener.where);
  }

  void add(Mapping const& mapping) {
    auto const& name = mapping.source_text;
    add(mapping.tls.ca, "tls.ca", name, mapping.tls.where);
    add(mapping.tls.cert, "tls.cert", name, mapping.tls.where);
    add(mapping.tls.key, "tls.key", name, mapping.tls.where);
    if (mapping.credential) add(mapping.credential->file, "credential.file", name, mapping.credential->where);
    if (mapping.via) add(mapping.via->credentials_file, "via.credentials_file", name, mapping.via->where);
  }

  std::vector<FileUse> take() { return std::move(files_); }

 private:
  std::vector<FileUse> files_;
};

}  // namespace

std::vector<FileUse> files_of(Settings const& settings) {
  Files files;
  for (auto const& listener : settings.listen) files.add(listener);
  // Before the sources, which share it.
  if (settings.via) files.add(settings.via->credentials_file, "via.credentials_file", "", settings.via->where);
  for (auto const& mapping : settings.map) files.add(mapping);
  return files.take();
}

}  // namespace ambassador::config
