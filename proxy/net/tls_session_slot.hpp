// The TLS sessions that a server gave us, for the next connection to it.
#pragma once

#include <memory>
#include <string>
#include <vector>

struct ssl_session_st;

namespace ambassador::net {

class TlsContext;

/// The sessions that one server gave us lately, so that the next connection to it needs no whole handshake. Of one thread;
/// it outlives the streams that use it. Sessions that were made under another context or name are not used.
class TlsSessionSlot {
 public:
  static constexpr std::size_t limit = 4;  ///< a server of TLS 1.3 gives two tickets a connection, each used once

  TlsSessionSlot() = default;
  ~TlsSessionSlot() { clear(); }
  TlsSessionSlot(TlsSessionSlot const&) = delete;
  TlsSessionSlot& operator=(TlsSessionSlot const&) = delete;

  [[nodiscard]] bool empty() const noexcept { return sessions_.empty(); }
  void clear() noexcept;

 private:
  friend class Tls;

  /// Keeps to this context and name from here on.
  void bind(std::shared_ptr<TlsContext const> const& context, std::string const& name);
  void put(ssl_session_st* session);
  /// The latest, which the caller then owns; null where there is none.
  [[nodiscard]] ssl_session_st* take();

  std::weak_ptr<TlsContext const> context_;
  std::string name_;
  std::vector<ssl_session_st*> sessions_;  ///< the latest last
};

}  // namespace ambassador::net
