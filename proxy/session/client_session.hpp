// The life of one client connection: idle, a call, idle again, and in the end closed so that the client can still read
// what it was told. While idle it is this small object and one pending wait: no buffer, no coroutine.
#pragma once

#include "session/workspace.hpp"

#include <boost/intrusive/list.hpp>

#include <memory>
#include <optional>
#include <string>

namespace ambassador::session {

class Sessions;

class ClientSession : public boost::intrusive::list_base_hook<> {
 public:
  ClientSession(Sessions& sessions, int descriptor, std::string client, ListenerInfo const& listener);

  void start();
  void drain();
  void shut_down();
  void find_out_if_gone();
  /// Its listener is closed: the connection ends after the call under way, or the first. `policy` is kept until then.
  void retire(Policy& policy);
  [[nodiscard]] bool uses(Policy const& policy) const noexcept {
    return &policy == kept_ || (workspace_ && workspace_->uses(policy));
  }
  [[nodiscard]] ListenerInfo const& listener() const noexcept { return listener_; }

 private:
  void wait();
  void woken(bool aborted);
  void begin_running();
  net::Task<void> run();
  MessageReader& attach();
  net::Task<After> begin();
  net::Task<std::optional<Failure>> begin_layers();
  net::Task<boost::system::error_code> read_proxy_header(std::string& early);
  net::Task<After> serve_tcp();
  net::Task<After> begin_redirected();
  net::Task<std::string> read_first_bytes();
  net::Task<After> next_call(MessageReader& reader);
  Exchange& begin_exchange();
  net::Task<bool> next_comes_soon();
  net::Task<void> linger();
  [[nodiscard]] Context& context() const noexcept;
  [[nodiscard]] bool is_over() const noexcept { return retired_ && had_call_; }

  Sessions& sessions_;
  ListenerInfo const& listener_;
  Policy* kept_;  ///< as long as the connection: of a tcp:// source, or of a listener that is closed. Else null
  net::Stream stream_;
  std::string address_;  ///< the client's `address:port`, or what a PROXY header says it is
  std::optional<boost::asio::ip::tcp::endpoint> redirected_;  ///< where it meant to connect, of ListenProtocol::transparent
  std::unique_ptr<Workspace> workspace_;                      ///< while it is not idle
  std::unique_ptr<Authority> tunnel_;                         ///< of the CONNECT that the calls come through
  bool begun_;                                                ///< what comes before the first call is over
  bool retired_ = false;                                      ///< there is no further call
  bool had_call_ = false;
  bool running_ = false;
  bool resting_ = false;  ///< between two calls: running, and nothing is under way
};

}  // namespace ambassador::session
