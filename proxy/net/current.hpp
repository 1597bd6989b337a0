// A value that one thread replaces and others take: a TLS context that is read again when its files change, a secret from a
// file. Readers keep what they took for as long as they use it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace ambassador::net {

template <class T>
class Current {
 public:
  Current() = default;
  explicit Current(std::shared_ptr<T const> value) : value_{std::move(value)} {}
  Current(Current const&) = delete;
  Current& operator=(Current const&) = delete;

  void set(std::shared_ptr<T const> value) {
    {
      std::lock_guard const lock{mutex_};
      value_.swap(value);
    }
    generation_.fetch_add(1, std::memory_order_release);
  }

  /// Null before the first `set`.
  [[nodiscard]] std::shared_ptr<T const> get() const {
    std::lock_guard const lock{mutex_};
    return value_;
  }

  /// Another number after each `set`: whoever keeps a copy asks for this first, and takes the value anew where it differs.
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_.load(std::memory_order_relaxed); }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<T const> value_;
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace ambassador::net
