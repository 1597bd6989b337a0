// Entries by host: a literal name, then the longest `*.suffix`, then `*`. Looking a host up costs the same whatever
// the number of entries.
#pragma once

#include "config/settings/settings.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ambassador::route {

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

template <class Value>
using StringMap = std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;

template <class Entry>
class HostIndex {
 public:
  Entry& add(config::HostKind kind, std::string_view host) {
    switch (kind) {
      case config::HostKind::literal: return literal_[std::string{host}];
      case config::HostKind::suffix: return suffix_[std::string{host}];
      case config::HostKind::any: break;
    }
    return any_;
  }

  /// Calls `visit(entry)` from the most exact entry for `host` to the least, until one call returns true.
  template <class Visit>
  bool visit(std::string_view host, Visit visit) const {
    if (auto const found = literal_.find(host); found != literal_.end() && visit(found->second)) return true;
    return visit_patterns(host, visit);
  }

  /// The same without the literal name.
  template <class Visit>
  bool visit_patterns(std::string_view host, Visit visit) const {
    if (!suffix_.empty()) {
      for (auto dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
        auto const found = suffix_.find(host.substr(dot));
        if (found != suffix_.end() && visit(found->second)) return true;
      }
    }
    return visit(any_);
  }

  [[nodiscard]] Entry const* find_literal(std::string_view host) const {
    auto const found = literal_.find(host);
    return found == literal_.end() ? nullptr : &found->second;
  }

 private:
  StringMap<Entry> literal_;
  StringMap<Entry> suffix_;
  Entry any_;
};

}  // namespace ambassador::route
