// Which objects of a document run Pods, and where in them the Pod's template is.
#pragma once

#include "kubernetes/node.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ambassador::kubernetes {

struct Workload {
  Node const* object = nullptr;
  std::string kind;
  std::string name;
  std::string space;               ///< the namespace; empty where none is written
  Node const* pod = nullptr;       ///< the template: metadata and spec. Null where it has none
  Node const* not_own = nullptr;   ///< a part on the way there that an alias brings, or takes elsewhere
  Node const* items = nullptr;     ///< of the List that the object is in; null where it stands alone
  std::size_t item = 0;            ///< which of them it is
  std::string_view expected = {};  ///< where its template should be, in words

  [[nodiscard]] std::string label() const { return kind + '/' + name; }
};

/// In their order; of a document that is none, nothing.
std::vector<Workload> find_workloads(Node const& root);

/// An object that has a Pod's template and is none of ours.
struct Passed {
  std::string label;  ///< `Rollout/web`
  std::string space;
  std::string why;
};

std::vector<Passed> find_passed(Node const& root);

/// Whether it is an object of Kubernetes: it has an apiVersion and a kind.
bool is_object(Node const& root);

/// Whether its objects are its `items`: a List, or a DeploymentList and its like.
bool is_list(Node const& root);

}  // namespace ambassador::kubernetes
