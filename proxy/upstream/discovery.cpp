#include "upstream/discovery.hpp"

#include "base/error.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace ambassador::upstream {
namespace {

std::string_view without_brackets(std::string_view host) noexcept {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

AddressList literal(std::string_view host) {
  boost::system::error_code not_one;
  auto const address = boost::asio::ip::make_address(std::string{without_brackets(host)}, not_one);
  return not_one ? nullptr : std::make_shared<std::vector<boost::asio::ip::address> const>(1, address);
}

observe::DnsResult kind_of(Result<net::Addresses> const& answer) noexcept {
  if (answer) return observe::DnsResult::ok;
  if (answer.error().code == Errc::no_address) return observe::DnsResult::no_address;
  return answer.error().code == Errc::timed_out ? observe::DnsResult::timed_out : observe::DnsResult::failed;
}

}  // namespace

Discovery::Discovery(net::Executor worker, boost::asio::io_context& control, net::Resolver& resolver, observe::Metrics& metrics)
    : worker_{worker}, control_{control}, resolver_{resolver}, metrics_{metrics} {}

Result<AddressList> Discovery::answer_of(Entry const& entry, SteadyTime now) {
  if (entry.addresses && now < entry.fresh_until + stale_time) return entry.addresses;
  return entry.failure;
}

net::Task<Result<AddressList>> Discovery::lookup(std::string host, SteadyTime limit, Wish& wish) {
  if (auto address = literal(host)) co_return address;
  auto const now = std::chrono::steady_clock::now();
  if (entries_.size() >= max_names && !entries_.contains(host)) make_room();
  auto& entry = entries_[host];  // stays where it is while it is asked for
  bool const fresh = entry.addresses && now < entry.fresh_until;
  if (!fresh && !entry.asking && now >= entry.ask_again) ask(host, entry);
  if (auto answer = answer_of(entry, now); answer || !entry.asking) co_return answer;

  Waiter waiter{worker_};
  waiter.answered.give_up_at(limit);
  auto const place = entry.waiting.insert(entry.waiting.end(), &waiter);
  wish.waits_for(waiter.answered);
  co_await waiter.answered.wait();
  wish.waits_no_more();
  if (waiter.answered.happened()) co_return waiter.answer;
  entry.waiting.erase(place);
  boost::system::error_code code = Errc::timed_out;
  if (wish.given_up()) code = boost::asio::error::operation_aborted;
  co_return Failure{code, Side::upstream, Stage::resolve, false};
}

void Discovery::ask(std::string const& host, Entry& entry) {
  entry.asking = true;
  boost::asio::post(control_, [this, host] {
    resolver_.resolve(host, [this, host](Result<net::Addresses> answer) {
      boost::asio::post(worker_, [this, host, answer = std::move(answer)] { answered(host, answer); });
    });
  });
}

void Discovery::answered(std::string const& host, Result<net::Addresses> const& answer) {
  auto const now = std::chrono::steady_clock::now();
  auto& entry = entries_[host];
  entry.asking = false;
  if (answer) {
    entry.addresses = std::make_shared<std::vector<boost::asio::ip::address> const>(answer->list);
    entry.fresh_until = now + std::clamp(answer->ttl, least_ttl, greatest_ttl);
  } else {
    entry.failure = answer.error();
    entry.ask_again = now + failure_back_off;
  }
  metrics_.dns_resolved(kind_of(answer));
  for (auto* waiter : std::exchange(entry.waiting, {})) {
    waiter->answer = answer_of(entry, now);
    waiter->answered.set();
  }
}

/// Forgets names that nobody waits for, so that an app which walks through hosts cannot fill the memory.
void Discovery::make_room() {
  std::erase_if(entries_, [](auto const& item) { return !item.second.asking && item.second.waiting.empty(); });
}

}  // namespace ambassador::upstream
