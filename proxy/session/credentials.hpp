// The credentials of the map as one worker knows them: a copy of each, taken anew when its file has changed. What a call
// looks at is a number and a pointer.
#pragma once

#include "net/current.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ambassador::session {

class Credentials {
 public:
  /// By mapping; null where it has none. They outlive this.
  explicit Credentials(std::vector<net::Current<std::string> const*> const& files) {
    for (auto const* file : files) kept_.push_back({.file = file});
  }

  /// The field's value, or null where the file was never readable. The mapping must have a credential.
  [[nodiscard]] std::string const* of(std::size_t mapping) {
    auto& kept = kept_[mapping];
    if (kept.generation != kept.file->generation()) {
      kept.generation = kept.file->generation();
      kept.value = kept.file->get();
    }
    return kept.value.get();
  }

 private:
  struct Kept {
    net::Current<std::string> const* file = nullptr;
    std::uint64_t generation = 0;
    std::shared_ptr<std::string const> value;
  };

  std::vector<Kept> kept_;
};

}  // namespace ambassador::session
