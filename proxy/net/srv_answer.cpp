#include "net/srv_answer.hpp"

#include <ares.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace ambassador::net {
namespace {

constexpr std::size_t header_bytes = 12;
constexpr std::size_t question_end_bytes = 4;  // behind its name: type, class
constexpr std::uint16_t type_cname = 5;
constexpr std::uint16_t type_srv = 33;

/// Takes a message apart from its beginning; `broken` once it did not hold what was asked for.
class Reader {
 public:
  explicit Reader(std::span<unsigned char const> message) : message_{message} {}

  [[nodiscard]] bool broken() const noexcept { return broken_; }

  void skip(std::size_t bytes) noexcept {
    if (bytes > message_.size() - at_) broken_ = true;
    at_ = broken_ ? message_.size() : at_ + bytes;
  }

  std::uint16_t number16() noexcept {
    auto const from = at_;
    skip(2);
    return broken_ ? std::uint16_t{0} : static_cast<std::uint16_t>(message_[from] << 8U | message_[from + 1]);
  }

  std::uint32_t number32() noexcept {
    std::uint32_t const high = number16();
    return high << 16U | number16();
  }

  /// A name, which may go on at an earlier place of the message.
  std::string name() {
    char* text = nullptr;
    long bytes = 0;
    auto const* const from = message_.data() + at_;
    if (broken_ || ares_expand_name(from, message_.data(), static_cast<int>(message_.size()), &text, &bytes) != ARES_SUCCESS) {
      broken_ = true;
      return {};
    }
    std::string out{text};
    ares_free_string(text);
    skip(static_cast<std::size_t>(bytes));
    return out;
  }

 private:
  std::span<unsigned char const> message_;
  std::size_t at_ = 0;
  bool broken_ = false;
};

bool may_be_host(SrvTarget const& target) noexcept {
  return target.port != 0 && !target.host.empty() && target.host != "." && !target.host.starts_with('_');
}

/// The targets of the lowest priority met so far.
class Lowest {
 public:
  void add(std::uint16_t priority, SrvTarget target) {
    if (!may_be_host(target) || priority > priority_) return;
    if (priority < priority_) targets_.clear();
    priority_ = priority;
    auto const known = std::find(targets_.begin(), targets_.end(), target) != targets_.end();
    if (!known && targets_.size() < max_srv_targets) targets_.push_back(std::move(target));
  }

  std::vector<SrvTarget> take() { return std::move(targets_); }

 private:
  std::uint32_t priority_ = std::numeric_limits<std::uint32_t>::max();
  std::vector<SrvTarget> targets_;
};

}  // namespace

std::optional<SrvAnswer> read_srv_answer(std::span<unsigned char const> message) {
  Reader reader{message};
  reader.skip(4);  // id, flags
  auto const questions = reader.number16();
  auto const answers = reader.number16();
  reader.skip(header_bytes - 8);
  for (std::size_t i = 0; i < questions && !reader.broken(); ++i) {
    reader.name();
    reader.skip(question_end_bytes);
  }
  Lowest lowest;
  auto ttl = std::numeric_limits<std::uint32_t>::max();
  for (std::size_t i = 0; i < answers && !reader.broken(); ++i) {
    reader.name();
    auto const type = reader.number16();
    reader.skip(2);  // class
    auto const record_ttl = reader.number32();
    auto const bytes = reader.number16();
    if (type == type_cname || type == type_srv) ttl = std::min(ttl, record_ttl);
    if (type != type_srv) {
      reader.skip(bytes);
      continue;
    }
    auto const priority = reader.number16();
    auto const weight = std::max<std::uint16_t>(reader.number16(), 1);
    auto const port = reader.number16();
    SrvTarget target{reader.name(), port, weight};
    if (!reader.broken()) lowest.add(priority, std::move(target));
  }
  if (reader.broken()) return std::nullopt;
  return SrvAnswer{lowest.take(), std::chrono::seconds{answers == 0 ? 0 : ttl}};
}

}  // namespace ambassador::net
