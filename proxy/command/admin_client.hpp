// Asks a running ambassador's admin port. `admin` is `http://host:port` or `host:port`; all wait for a few seconds at most.
#pragma once

#include "base/result.hpp"
#include "command/small_client.hpp"
#include "config/settings/settings.hpp"

#include <string>

namespace ambassador::command {

/// Whether it can be asked at all.
bool is_admin_url(std::string const& admin);
/// The URL of an admin port on this machine. One that listens on all addresses is asked at loopback.
std::string admin_url(config::ListenAddress const& address);

struct AdminAnswer {
  unsigned status = 0;
  std::string text;

  [[nodiscard]] bool ok() const noexcept { return status == 200; }
};

struct AdminQuestion {
  std::string path;
  boost::beast::http::verb method = boost::beast::http::verb::get;
  std::string accept = "text/plain";
  Milliseconds limit = small_client_limit;
};

Result<AdminAnswer> ask_admin(std::string const& admin, AdminQuestion const& question);

struct ExplainAnswer {
  std::string text;         ///< as the admin port wrote it
  bool understood = false;  ///< it answered 200
  bool passes = false;      ///< the call would go somewhere
};

Result<ExplainAnswer> ask_explain(std::string const& admin, std::string const& method, std::string const& url);

}  // namespace ambassador::command
