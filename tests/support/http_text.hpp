// Where HTTP/1 messages end, for scripted peers. It trusts what it reads: the tests judge the bytes.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

namespace ambassador::support {

inline constexpr std::size_t incomplete = std::string_view::npos;

inline std::string lower(std::string_view text) {
  std::string out{text};
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// The end of a chunked body that begins at `at`.
inline std::size_t end_of_chunks(std::string_view bytes, std::size_t at) {
  for (;;) {
    auto const line_end = bytes.find("\r\n", at);
    if (line_end == incomplete) return incomplete;
    auto const size = std::strtoull(std::string{bytes.substr(at, line_end - at)}.c_str(), nullptr, 16);
    if (size == 0) {
      if (bytes.substr(line_end, 4) == "\r\n\r\n") return line_end + 4;
      auto const trailers_end = bytes.find("\r\n\r\n", line_end);
      return trailers_end == incomplete ? incomplete : trailers_end + 4;
    }
    at = line_end + 2 + size + 2;
    if (at > bytes.size()) return incomplete;
  }
}

/// The length of the message at the start of `bytes`, or `incomplete`.
inline std::size_t message_end(std::string_view bytes, bool bodiless = false) {
  auto const head_end = bytes.find("\r\n\r\n");
  if (head_end == incomplete) return incomplete;
  auto const body = head_end + 4;
  auto const head = lower(bytes.substr(0, head_end + 2));
  if (bodiless) return body;
  if (head.find("\r\ntransfer-encoding: chunked\r\n") != incomplete) return end_of_chunks(bytes, body);
  auto const length = head.find("\r\ncontent-length: ");
  if (length == incomplete) return body;
  auto const end = body + std::strtoull(head.c_str() + length + 18, nullptr, 10);
  return end <= bytes.size() ? end : incomplete;
}

/// The message with its chunks joined, so that two ways to cut the same body compare equal; trailers follow the body.
inline std::string without_chunks(std::string_view message) {
  auto const coding = message.find("\r\nTransfer-Encoding: chunked\r\n");
  if (coding == incomplete) return std::string{message};
  auto at = message.find("\r\n\r\n", coding) + 4;
  std::string out{message.substr(0, at)};
  for (;;) {
    auto const line_end = message.find("\r\n", at);
    if (line_end == incomplete) return out + "[cut short]";
    auto const size = std::strtoull(std::string{message.substr(at, line_end - at)}.c_str(), nullptr, 16);
    if (size == 0) return out.append(message.substr(line_end));
    out.append(message.substr(line_end + 2, size));
    at = line_end + 2 + size + 2;
  }
}

inline int status_of(std::string_view response) {
  return response.size() < 12 ? 0 : std::atoi(std::string{response.substr(9, 3)}.c_str());
}

/// The final response at the start of `bytes` with the interim ones before it, or `incomplete`.
inline std::size_t response_end(std::string_view bytes, bool to_head = false) {
  std::size_t at = 0;
  for (;;) {
    auto const rest = bytes.substr(at);
    auto const status = status_of(rest);
    bool const interim = status >= 100 && status < 200;
    auto const end = message_end(rest, to_head || interim || status == 204 || status == 304);
    if (end == incomplete) return incomplete;
    at += end;
    if (!interim || status == 101) return at;
  }
}

inline std::string_view body_of(std::string_view message) {
  auto const head_end = message.find("\r\n\r\n");
  return head_end == incomplete ? std::string_view{} : message.substr(head_end + 4);
}

}  // namespace ambassador::support
