// Where the documents of a stream begin and end. A line that begins with `---` or `...` ends whatever is open, a block scalar
// too (YAML 1.2, section 9.1), so this needs no parser.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace ambassador::kubernetes {

struct Document {
  std::size_t begin = 0;  ///< of its `---`, where it has one
  std::size_t end = 0;
  bool marked = false;  ///< it begins with `---`
};

/// All of the text but a byte order mark is in one of them, in order; some may hold nothing, or comments only.
std::vector<Document> split(std::string_view stream);

}  // namespace ambassador::kubernetes
