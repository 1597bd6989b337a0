// What the upstream answers, all of it made before the first request: a head and a body for each path.
//   /100b  /64k  /1m   sized bodies           /chunked   64 KiB in chunks of 4 KiB
//   /received          100 bytes that begin with how many bytes of a body the request had
#pragma once

#include "net/descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ambassador::bench {

/// Bodies up to here are copied with their head; what is larger goes by sendfile, as a file server would send it.
inline constexpr std::size_t copied_at_most = 16 * 1024;

struct Answer {
  std::string_view path;
  std::string bytes;  ///< the head, with the body where it is small
  Descriptor file{};  ///< the body in memory, where it is large
  std::size_t file_size = 0;
  std::string body{};  ///< what is in the file, for those who cannot send from one
};

/// A text in which no piece is where it does not belong: numbered lines of ten bytes.
std::string numbered_lines(std::size_t size);

/// What /received answers to a body of so many bytes.
inline constexpr std::string_view received_path = "/received";
std::string received_answer(std::uint64_t bytes);

class Answers {
 public:
  Answers();

  /// For a request's target; its query does not matter.
  [[nodiscard]] Answer const& find(std::string_view target) const noexcept;

 private:
  std::vector<Answer> answers_;
  Answer unknown_;
};

}  // namespace ambassador::bench
