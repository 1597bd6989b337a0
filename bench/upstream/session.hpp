// One connection to the upstream: a request after the other is read, its body counted, and answered. While an answer does
// not fit into the socket nothing more is read.
#pragma once

#include "net/poller.hpp"
#include "net/transport.hpp"
#include "upstream/answers.hpp"
#include "wire/body.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace ambassador::bench {

class Session {
 public:
  Session(Transport socket, Poller& poller, Answers const& answers);

  /// Does what can be done now, with `scratch` to read into; false when the connection is to be closed.
  bool on_ready(std::span<char> scratch);

 private:
  bool read(std::span<char> scratch);
  bool read_some(std::span<char> scratch);
  bool discard();
  bool take(std::string_view bytes);
  bool take_some(std::string_view& bytes);
  void begin(Head const& head);
  bool answer();
  bool send();
  bool send_file();
  bool blocked();
  void watch(std::uint32_t events);
  [[nodiscard]] bool is_sending() const noexcept { return !unsent_.empty() || file_left_ != 0; }

  Transport socket_;
  Poller& poller_;
  Answers const& answers_;
  std::uint32_t watched_ = 0;
  std::string unread_;  ///< the beginning of a head, or what came behind a request

  bool in_request_ = false;
  bool close_ = false;
  bool counts_ = false;
  Body body_;
  Answer const* answer_ = nullptr;

  std::string counted_;  ///< the answer of /received
  std::string_view unsent_;
  off_t file_offset_ = 0;
  std::size_t file_left_ = 0;
};

}  // namespace ambassador::bench
