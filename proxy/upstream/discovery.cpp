#include "upstream/discovery.hpp"

#include "base/error.hpp"
#include "net/now.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace ambassador::upstream {
namespace {

std::string_view without_brackets(std::string_view host) noexcept {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

AddressList literal(std::string_view host) {
  boost::system::error_code not_one;
  auto const address = boost::asio::ip::make_address(std::string{without_brackets(host)}, not_one);
  if (not_one) return nullptr;
  return std::make_shared<std::vector<net::ResolvedAddress> const>(1, net::ResolvedAddress{address});
}

bool same_in_any_order(std::vector<net::ResolvedAddress> a, std::vector<net::ResolvedAddress> b) {
  auto const before = [](net::ResolvedAddress const& x, net::ResolvedAddress const& y) {
    return std::tie(x.address, x.port, x.weight) < std::tie(y.address, y.port, y.weight);
  };
  std::sort(a.begin(), a.end(), before);
  std::sort(b.begin(), b.end(), before);
  return a == b;
}

observe::DnsResult kind_of(Result<net::Addresses> const& answer) noexcept {
  if (answer) return observe::DnsResult::ok;
  if (answer.error().code == Errc::no_address) return observe::DnsResult::no_address;
  return answer.error().code == Errc::timed_out ? observe::DnsResult::timed_out : observe::DnsResult::failed;
}

AddressList const no_list;

}  // namespace

std::chrono::seconds back_off(std::uint32_t failures) noexcept {
  if (failures == 0) return std::chrono::seconds{0};
  constexpr std::uint32_t enough = 16;  // doublings; the greatest comes long before
  return std::min(first_back_off * (1 << std::min(failures - 1, enough)), greatest_back_off);
}

Name::Name(Discovery& discovery, std::string host, AddressList addresses)
    : discovery_{discovery}, host_{std::move(host)}, addresses_{std::move(addresses)} {
  if (addresses_) fresh_until_ = SteadyTime::max();
}

AddressList const& Name::usable(SteadyTime now) const noexcept {
  return addresses_ && now < fresh_until_ + discovery_.times_.stale ? addresses_ : no_list;
}

AddressList const& Name::overdue(SteadyTime now) {
  if (!asking_ && now >= ask_again_) {
    asking_ = true;
    discovery_.ask(host_);
  }
  return usable(now);
}

net::Task<Result<AddressList>> Name::lookup(SteadyTime limit, Wish& wish) {
  if (auto const& list = current(net::now())) co_return list;
  if (!asking_) co_return failure_;

  Waiter waiter{discovery_.worker_};
  waiter.answered.give_up_at(limit);
  auto const place = waiting_.insert(waiting_.end(), &waiter);
  wish.waits_for(waiter.answered);
  co_await waiter.answered.wait();
  wish.waits_no_more();
  if (waiter.answered.happened()) co_return waiter.answer;
  waiting_.erase(place);
  boost::system::error_code code = Errc::timed_out;
  if (wish.given_up()) code = boost::asio::error::operation_aborted;
  co_return Failure{code, Side::upstream, Stage::resolve, false};
}

std::string Name::detail(SteadyTime now) const {
  if (!addresses_ || usable(now)) return {};
  auto const age = std::chrono::duration_cast<std::chrono::seconds>(now - answered_at_);
  return "its last good answer is " + std::to_string(age.count()) + " s old, and no longer used";
}

void Name::answered(Result<net::Addresses> const& answer, SteadyTime now) {
  asking_ = false;
  if (answer) {
    take(*answer, now);
  } else {
    failure_ = answer.error();
    ask_again_ = now + back_off(++failures_);
  }
  for (auto* waiter : std::exchange(waiting_, {})) {
    if (auto const& list = usable(now)) {
      waiter->answer = list;
    } else {
      waiter->answer = failure_;
    }
    waiter->answered.set();
  }
}

void Name::take(net::Addresses const& answer, SteadyTime now) {
  failures_ = 0;
  ask_again_ = SteadyTime::min();
  answered_at_ = now;
  fresh_until_ = now + std::clamp<Milliseconds>(answer.ttl, discovery_.times_.least_ttl, discovery_.times_.greatest_ttl);
  if (addresses_ && same_in_any_order(*addresses_, answer.list)) return;
  addresses_ = std::make_shared<std::vector<net::ResolvedAddress> const>(answer.list);
  ++generation_;
}

Discovery::Discovery(net::Executor worker, boost::asio::io_context& control, net::Resolver& resolver, observe::Metrics& metrics,
                     AnswerTimes times)
    : worker_{worker}, control_{control}, resolver_{resolver}, metrics_{metrics}, times_{times} {}

std::shared_ptr<Name> Discovery::of(std::string const& host) {
  if (auto address = literal(host)) return std::make_shared<Name>(*this, host, std::move(address));
  if (auto const found = names_.find(host); found != names_.end()) return found->second;
  if (names_.size() >= max_names) make_room();
  return names_.emplace(host, std::make_shared<Name>(*this, host, nullptr)).first->second;
}

void Discovery::ask(std::string const& host) {
  boost::asio::post(control_, [this, host] {
    resolver_.resolve(host, [this, host](Result<net::Addresses> answer) {
      auto last = answer ? std::nullopt : resolver_.last_good(host);
      boost::asio::post(worker_,
                        [this, host, answer = std::move(answer), last = std::move(last)] { answered(host, answer, last); });
    });
  });
}

void Discovery::answered(std::string const& host, Result<net::Addresses> const& answer,
                         std::optional<net::Resolver::Past> const& last) {
  metrics_.dns_resolved(kind_of(answer));
  auto& name = *names_.at(host);
  if (last && !name.addresses_) name.take(last->answer, last->at);  // another worker's
  name.answered(answer, net::now());                                // none is forgotten while it is asked for
}

/// Forgets names that nobody holds, so that an app which walks through hosts cannot fill the memory.
void Discovery::make_room() {
  std::erase_if(names_, [](auto const& item) { return item.second.use_count() == 1 && !item.second->asking_; });
}

}  // namespace ambassador::upstream
