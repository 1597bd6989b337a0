#include "base/bytes.hpp"

namespace ambassador {

std::string escape(std::string_view text, std::size_t limit) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (char const c : text) {
    bool const plain = c > 0x1f && c < 0x7f && c != '\\' && c != '"';
    if (out.size() + (plain ? 1 : 4) > limit) return out + "…";
    if (plain) {
      out.push_back(c);
    } else {
      auto const byte = static_cast<unsigned char>(c);
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

}  // namespace ambassador
