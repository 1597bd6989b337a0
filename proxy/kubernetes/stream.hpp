// A text of several documents, each with its tree.
#pragma once

#include "config/report.hpp"
#include "kubernetes/document.hpp"
#include "kubernetes/node.hpp"
#include "kubernetes/workload.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ambassador::kubernetes {

struct Part {
  Document document;
  Node root;
  std::size_t number = 0;  ///< from 1, of the documents that hold anything; 0: this one does not
};

/// Reports in terms of the text that the user gave.
struct Stream {
  std::string_view text;
  std::string file;
  bool as_given = true;  ///< its lines are the user's
  std::vector<Part> parts;

  /// `document 2, Deployment/web`: the second where one is given.
  [[nodiscard]] std::string place(Part const& part, std::string const& object = {}) const;
  [[nodiscard]] config::Location where(std::size_t at) const;
};

/// Reports what cannot be read.
Stream read_stream(std::string_view text, std::string const& file, config::Report& report);

}  // namespace ambassador::kubernetes
