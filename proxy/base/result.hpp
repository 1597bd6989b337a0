// One fault, said once: what happened, on whose side, at which stage, and whether the connection had served before.
// Everything that judges a fault (the retry, the reply table, the log) reads these four facts and nothing else.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>

#include <cstdint>

namespace ambassador {

enum class Side : std::uint8_t { client, upstream, local };

enum class Stage : std::uint8_t { accept, head, body, resolve, connect, handshake, send, response_head, response_body, tunnel };

struct Failure {
  boost::system::error_code code;
  Side side = Side::local;
  Stage stage = Stage::head;
  bool reused_connection = false;
};

/// Lets `Result<T>::value()` throw at start-up; found by argument-dependent look-up.
[[noreturn]] inline void throw_exception_from_error(Failure const& failure, boost::source_location const& where) {
  boost::throw_exception(boost::system::system_error(failure.code), where);
}

template <class T>
using Result = boost::system::result<T, Failure>;

}  // namespace ambassador
