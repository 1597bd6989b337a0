// An upstream that misbehaves, as a seed and the request's path decide: the same request meets the same fate each time.
#pragma once

#include "message.hpp"
#include "support/scripted_upstream.hpp"
#include "tagged.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace ambassador::faults {

enum class Fate : std::uint8_t {
  well,
  oddly_chunked,
  interim,
  slow,
  closes_after,
  refuses_early,
  resets_inside,
  half_a_body,
  says_nothing,
  count
};

/// `/TAG/SIZE`: the reply's body is SIZE bytes made from `TAG-reply`.
struct RoughPath {
  explicit RoughPath(std::string_view path)
      : tag{path.substr(1, path.find('/', 1) - 1)},
        size{std::strtoull(std::string{path.substr(path.find('/', 1) + 1)}.c_str(), nullptr, 10)} {}

  std::string tag;
  std::size_t size;
};

/// Half of the calls fare well.
inline Fate fate_of(std::string_view path, std::uint64_t seed) {
  auto const hash = hash_of(path, seed) >> 7;
  return hash % 2 == 0 ? Fate::well : static_cast<Fate>(hash / 2 % static_cast<std::uint64_t>(Fate::count));
}

/// Whether the client must get the whole reply, whatever else happens.
inline bool ends_well(Fate fate) { return fate < Fate::refuses_early; }

/// Many threads that each serve one connection after the other: nothing is kept of what is over.
class RoughUpstream {
 public:
  RoughUpstream(std::uint64_t seed, std::size_t connections);
  ~RoughUpstream();

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void accept();
  bool serve(int descriptor);

  std::uint64_t const seed_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace ambassador::faults
