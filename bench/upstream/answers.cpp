#include "upstream/answers.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include <sys/mman.h>

namespace ambassador::bench {

namespace {

constexpr std::size_t small_size = 100;
constexpr std::size_t medium_size = 64 * 1024;
constexpr std::size_t large_size = 1024 * 1024;
constexpr std::size_t chunk_size = 4 * 1024;
constexpr std::size_t line_size = 10;

std::string head(std::string_view status, std::string_view framing) {
  std::string text{"HTTP/1.1 "};
  text += status;
  text += "\r\nServer: ambassador-upstream\r\nContent-Type: text/plain\r\n";
  text += framing;
  text += "\r\n\r\n";
  return text;
}

std::string sized_head(std::size_t size, std::string_view status = "200 OK") {
  return head(status, "Content-Length: " + std::to_string(size));
}

Descriptor in_memory(std::string_view bytes) {
  Descriptor file{::memfd_create("answer", MFD_CLOEXEC)};
  for (std::size_t written = 0; written < bytes.size();) {
    auto const count = ::write(file.get(), bytes.data() + written, bytes.size() - written);
    if (count <= 0) throw std::system_error{errno, std::system_category(), "memfd"};
    written += static_cast<std::size_t>(count);
  }
  return file;
}

std::string in_chunks(std::string_view body) {
  std::string text;
  for (; !body.empty(); body.remove_prefix(std::min(chunk_size, body.size()))) {
    auto const chunk = body.substr(0, chunk_size);
    std::array<char, line_size> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", chunk.size());
    text += size.data();
    text += chunk;
    text += "\r\n";
  }
  return text + "0\r\n\r\n";
}

Answer answer(std::string_view path, std::string head, std::string_view body) {
  if (body.size() <= copied_at_most) return {path, head + std::string{body}};
  return {path, std::move(head), in_memory(body), body.size(), std::string{body}};
}

Answer sized(std::string_view path, std::size_t size) { return answer(path, sized_head(size), numbered_lines(size)); }

}  // namespace

std::string numbered_lines(std::size_t size) {
  std::string text;
  for (std::size_t number = 0; text.size() < size; ++number) {
    std::array<char, line_size + 1> line{};
    std::snprintf(line.data(), line.size(), "%09zu\n", number % 1'000'000'000);
    text += line.data();
  }
  text.resize(size);
  return text;
}

std::string received_answer(std::uint64_t bytes) {
  auto body = std::to_string(bytes) + " bytes received\n";
  body.resize(small_size, '.');
  return sized_head(small_size) + body;
}

Answers::Answers() : unknown_{"", sized_head(0, "404 Not Found")} {
  answers_.push_back(sized("/100b", small_size));
  answers_.push_back(sized("/64k", medium_size));
  answers_.push_back(sized("/1m", large_size));
  answers_.push_back(answer("/chunked", head("200 OK", "Transfer-Encoding: chunked"), in_chunks(numbered_lines(medium_size))));
}

Answer const& Answers::find(std::string_view target) const noexcept {
  auto const path = target.substr(0, target.find('?'));
  for (auto const& answer : answers_) {
    if (answer.path == path) return answer;
  }
  return unknown_;
}

}  // namespace ambassador::bench
