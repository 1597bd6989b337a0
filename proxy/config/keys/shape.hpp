// Whether a document has the shape that the table of keys gives it: known keys, each with a value of the right kind.
#pragma once

#include "config/document/node.hpp"

namespace ambassador::config {

/// Reports what does not fit and takes it out of the tree, gives every node that stays its key and its path, and brings
/// the short forms into the long one (one address into a list, one duration into `response`).
void check_shape(Node& root, Report& report);

}  // namespace ambassador::config
