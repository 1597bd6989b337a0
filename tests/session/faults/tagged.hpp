// Bodies that say whose they are: each is made from a tag, so that one that was mixed up is seen at its first byte.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>

namespace ambassador::faults {

using Random = std::mt19937_64;

/// The same for the same text and seed, on every machine.
inline std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 14695981039346656037ULL ^ seed;  // FNV-1a
  for (auto const c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

inline std::string tagged_body(std::string_view tag, std::size_t size) {
  std::string body;
  body.reserve(size + tag.size() + 8);
  for (unsigned line = 0; body.size() < size; ++line) body.append(tag).append(std::to_string(line)).push_back('\n');
  body.resize(size);
  return body;
}

/// 1 B to 300 KiB, mostly small.
inline std::size_t random_size(Random& random) {
  constexpr std::size_t most = 300 * 1024;
  auto const small = random() % 4 != 0;
  return 1 + random() % (small ? 2000 : most);
}

/// In chunks of random sizes, with what is allowed around them: zeros before a size, capitals, extensions.
inline std::string chunked_oddly(std::string_view body, Random& random) {
  std::string out;
  while (!body.empty()) {
    auto const size = std::min<std::size_t>(body.size(), random() % 8 == 0 ? 1 : 1 + random() % 60'000);
    char line[32];
    std::snprintf(line, sizeof line, random() % 2 == 0 ? "%zx" : "00%zX", size);
    out.append(line).append(random() % 4 == 0 ? ";a=\"b;c\"\r\n" : "\r\n").append(body.substr(0, size)).append("\r\n");
    body.remove_prefix(size);
  }
  return out + "0\r\n\r\n";
}

}  // namespace ambassador::faults
