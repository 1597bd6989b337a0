// Room for the handler of one wait, kept where it is waited: no allocation, and nothing of Asio's between the event and
// the handler.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace ambassador::net {

class WaitSlot {
 public:
  /// What a coroutine's wait needs, or a pointer or two of a callback.
  static constexpr std::size_t capacity = 16;

  WaitSlot() = default;
  ~WaitSlot() { drop(); }
  WaitSlot(WaitSlot const&) = delete;
  WaitSlot& operator=(WaitSlot const&) = delete;

  [[nodiscard]] bool waits() const noexcept { return use_ != nullptr; }

  /// `handler(error_code)` is called once, or dropped. Nothing must wait here yet.
  template <class Handler>
  void put(Handler&& handler) {
    using Kept = std::decay_t<Handler>;
    static_assert(sizeof(Kept) <= capacity && alignof(Kept) <= alignof(void*));
    ::new (bytes_.data()) Kept{std::forward<Handler>(handler)};
    use_ = &use<Kept>;
  }

  /// Calls the handler, now. The slot is empty before that, and may be gone after it.
  void call() { std::exchange(use_, nullptr)(*this, Use::call, nullptr, {}); }
  /// Has the handler called with `code`, soon: for those who must not be interrupted by it.
  void post(boost::asio::io_context::executor_type executor, boost::system::error_code code) {
    if (use_ != nullptr) std::exchange(use_, nullptr)(*this, Use::post, &executor, code);
  }
  /// Destroys the handler.
  void drop() {
    if (use_ != nullptr) std::exchange(use_, nullptr)(*this, Use::drop, nullptr, {});
  }

 private:
  enum class Use : unsigned char { call, post, drop };

  template <class Kept>
  static void use(WaitSlot& slot, Use how, boost::asio::io_context::executor_type const* executor,
                  boost::system::error_code code) {
    auto* const kept = std::launder(reinterpret_cast<Kept*>(slot.bytes_.data()));
    Kept handler{std::move(*kept)};
    kept->~Kept();
    if (how == Use::call) handler(boost::system::error_code{});
    if (how == Use::post)
      boost::asio::post(*executor, [handler = std::move(handler), code]() mutable { std::move(handler)(code); });
  }

  alignas(void*) std::array<std::byte, capacity> bytes_;
  void (*use_)(WaitSlot&, Use, boost::asio::io_context::executor_type const*, boost::system::error_code) = nullptr;
};

}  // namespace ambassador::net
