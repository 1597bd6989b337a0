// A few counters by a small key, found without a lock while a reader walks them: a list that only grows, at its end, each
// node published whole. The first call of a key allocates, later ones do not. For keys of which a mapping sees a handful.
#pragma once

#include "observe/counter.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ambassador::observe {

class CounterChain {
 public:
  /// Keys in one chain; an upstream that invents statuses must not make it long.
  static constexpr std::size_t max_keys = 64;

  CounterChain() = default;
  ~CounterChain() {
    for (Node* node = first_.load(std::memory_order_relaxed); node != nullptr;) {
      Node* const next = node->next.load(std::memory_order_relaxed);
      delete node;
      node = next;
    }
  }
  CounterChain(CounterChain const&) = delete;
  CounterChain& operator=(CounterChain const&) = delete;

  /// The writer's. Where the chain is full, the counter of `overflow`, which it always has room for.
  Counter& at(std::uint32_t key, std::uint32_t overflow) {
    if (last_used_ != nullptr && last_used_->key == key) return last_used_->counter;
    std::atomic<Node*>* link = &first_;
    while (Node* const node = link->load(std::memory_order_relaxed)) {
      if (node->key == key) return (last_used_ = node)->counter;
      link = &node->next;
    }
    if (size_ >= max_keys && key != overflow) return at(overflow, overflow);
    ++size_;
    last_used_ = new Node{key, {}, nullptr};
    link->store(last_used_, std::memory_order_release);
    return last_used_->counter;
  }

  /// Any reader's: `each(key, count)`.
  template <class Each>
  void for_each(Each each) const {
    for (Node const* node = first_.load(std::memory_order_acquire); node != nullptr;
         node = node->next.load(std::memory_order_acquire)) {
      each(node->key, node->counter.value());
    }
  }

 private:
  struct Node {
    std::uint32_t key;
    Counter counter;
    std::atomic<Node*> next;
  };

  std::atomic<Node*> first_{nullptr};
  Node* last_used_ = nullptr;  // the writer's
  std::size_t size_ = 0;       // the writer's
};

}  // namespace ambassador::observe
