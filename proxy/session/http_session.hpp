// The life of one client connection: idle, a call, idle again, and in the end closed so that the client can still read
// what it was told. While idle it is this small object and one pending wait: no buffer, no coroutine.
#pragma once

#include "session/exchange.hpp"

#include <boost/intrusive/list.hpp>

#include <memory>
#include <string>

namespace ambassador::session {

class Sessions;

class HttpSession : public boost::intrusive::list_base_hook<> {
 public:
  HttpSession(Sessions& sessions, int descriptor, std::string client, ListenerInfo const& listener);

  void start() { wait(); }
  void drain();
  void shut_down();
  void find_out_if_gone();

 private:
  void wait();
  void woken(bool aborted);
  net::Task<void> run();
  net::Task<After> next_call(MessageReader& reader);
  net::Task<bool> next_comes_soon();
  net::Task<void> linger();
  [[nodiscard]] Context& context() const noexcept;

  Sessions& sessions_;
  ListenerInfo const& listener_;
  net::Stream stream_;
  std::string const address_;
  std::unique_ptr<Exchange> exchange_;  ///< while a call is under way
  std::unique_ptr<Authority> tunnel_;   ///< of the CONNECT that the calls come through
  bool running_ = false;
  bool resting_ = false;  ///< between two calls: running, and nothing is under way
};

}  // namespace ambassador::session
