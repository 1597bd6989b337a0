#include "observe/timestamp.hpp"

#include <chrono>
#include <ctime>

namespace ambassador::observe {
namespace {

/// `value` right-aligned in the `width` characters at `at`, with leading zeros.
void put_digits(char* at, int width, long value) {
  for (int i = width - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

void TimestampWriter::append(std::string& out, SystemTime time) {
  auto const since_epoch = std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch();
  auto const second = std::chrono::floor<std::chrono::seconds>(since_epoch);
  if (second.count() != second_) write_second(second.count());
  put_digits(text_.data() + 20, 3, static_cast<long>((since_epoch - second).count()));
  out.append(text_.data(), text_.size());
}

void TimestampWriter::write_second(std::int64_t second) {
  second_ = second;
  auto const clock = static_cast<std::time_t>(second);
  std::tm utc{};
  gmtime_r(&clock, &utc);
  text_ = {'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0',
           '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z'};
  char* const at = text_.data();
  put_digits(at, 4, utc.tm_year + 1900L);
  put_digits(at + 5, 2, utc.tm_mon + 1);
  put_digits(at + 8, 2, utc.tm_mday);
  put_digits(at + 11, 2, utc.tm_hour);
  put_digits(at + 14, 2, utc.tm_min);
  put_digits(at + 17, 2, utc.tm_sec);
}

}  // namespace ambassador::observe
