// Copies of calls for another target: sent beside the call, which neither waits for them nor hears of them.
#pragma once

#include "session/context.hpp"
#include "session/http/message_reader.hpp"

#include <boost/intrusive/list.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace ambassador::session {

class Mirrors {
 public:
  /// Copies under way at once, of one worker. Beyond, a call is not copied, which is counted.
  static constexpr std::size_t max_under_way = 64;

  explicit Mirrors(Context& context) noexcept : context_{context} {}
  ~Mirrors();

  struct Copy {
    std::uint32_t series = 0;  ///< of the metrics, of the source
    std::shared_ptr<upstream::Pool> pool;
    std::string request;  ///< whole, as it goes
    wire::http::Method method = wire::http::Method::unknown;
    config::Timeouts timeout;
  };

  void send(Copy copy);

 private:
  struct Call : boost::intrusive::list_base_hook<> {
    explicit Call(Copy from) : copy{std::move(from)} {}

    Copy copy;
    upstream::Attempt attempt;
    upstream::Wish wish;
    upstream::Lease lease;
    MessageReader reader{0};
  };

  net::Task<void> run(Call& call);
  net::Task<bool> exchange(Call& call);
  net::Task<bool> drain_response(Call& call);

  Context& context_;
  boost::intrusive::list<Call> calls_;
};

}  // namespace ambassador::session
