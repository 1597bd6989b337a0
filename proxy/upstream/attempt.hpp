// An attempt to connect, as the call that makes it sees it.
#pragma once

#include <string>

namespace ambassador::upstream {

/// What goes first, and what is known of the attempt beside its failure.
struct Attempt {
  std::string preamble;  ///< goes up before all else, TLS included: a PROXY header. For connections that are not shared
  std::string address;   ///< `address:port` of the endpoint tried last
  std::string detail;    ///< what no error code says: whose certificate, which address. May be empty

  void clear() {
    preamble.clear();
    address.clear();
    detail.clear();
  }
};

}  // namespace ambassador::upstream
