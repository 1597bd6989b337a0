#include "upstream/session.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/sendfile.h>

namespace ambassador::bench {

Session::Session(Transport socket, Poller& poller, Answers const& answers)
    : socket_{std::move(socket)}, poller_{poller}, answers_{answers}, watched_{EPOLLIN} {
  poller_.add(socket_.descriptor(), watched_, this);
}

bool Session::on_ready(std::span<char> scratch) {
  if (!is_sending()) return read(scratch);
  if (!send()) return false;
  if (is_sending()) return true;
  auto const behind = std::exchange(unread_, {});
  return take(behind);
}

bool Session::read(std::span<char> scratch) {
  bool good = read_some(scratch);
  while (good && !is_sending() && socket_.has_more()) good = read_some(scratch);
  return good;
}

bool Session::read_some(std::span<char> scratch) {
  if (in_request_ && socket_.is_plain() && body_.skippable() > scratch.size()) return discard();
  auto const count = socket_.receive(scratch);
  if (count <= 0) return count < 0 && errno == EAGAIN;
  std::string_view const bytes{scratch.data(), static_cast<std::size_t>(count)};
  if (unread_.empty()) return take(bytes);
  return take(std::exchange(unread_, {}).append(bytes));
}

/// Data of a body is counted, and not looked at.
bool Session::discard() {
  auto const count = socket_.discard(body_.skippable());
  if (count <= 0) return count < 0 && errno == EAGAIN;
  body_.skip(static_cast<std::uint64_t>(count));
  return !body_.complete() || answer();
}

bool Session::take(std::string_view bytes) {
  while (!bytes.empty() && !is_sending()) {
    auto const before = bytes.size();
    if (!take_some(bytes)) return false;
    if (bytes.size() == before) break;
  }
  unread_ = bytes;
  return true;
}

bool Session::take_some(std::string_view& bytes) {
  if (in_request_) {
    bytes.remove_prefix(body_.take(bytes));
  } else if (auto const head = read_head(bytes)) {
    begin(*head);
    bytes.remove_prefix(head->size);
  } else {
    return true;
  }
  if (body_.faulty()) return false;
  return !body_.complete() || answer();
}

void Session::begin(Head const& head) {
  in_request_ = true;
  close_ = head.close || head.start_line.ends_with("HTTP/1.0");
  auto const target = second_word(head.start_line);
  counts_ = target.starts_with(received_path);
  answer_ = &answers_.find(target);
  body_.start(head);
}

bool Session::answer() {
  in_request_ = false;
  if (counts_) {
    counted_ = received_answer(body_.received());
    unsent_ = counted_;
  } else {
    unsent_ = answer_->bytes;
    file_offset_ = 0;
    file_left_ = answer_->file_size;
  }
  return send();
}

bool Session::send() {
  while (!unsent_.empty()) {
    auto const count = socket_.send(unsent_, file_left_ != 0);
    if (count < 0) return blocked();
    unsent_.remove_prefix(static_cast<std::size_t>(count));
  }
  while (file_left_ != 0) {
    if (!send_file()) return blocked();
  }
  watch(EPOLLIN);
  return !close_;
}

/// As much as goes at once; false where that is nothing.
bool Session::send_file() {
  ssize_t count = 0;
  if (socket_.is_plain()) {
    count = ::sendfile(socket_.descriptor(), answer_->file.get(), &file_offset_, file_left_);
  } else {
    count = socket_.send(answer_->body.substr(static_cast<std::size_t>(file_offset_)));
    file_offset_ += std::max<ssize_t>(count, 0);
  }
  if (count > 0) file_left_ -= static_cast<std::size_t>(count);
  return count > 0;
}

/// A send failed: true when it is only that the socket is full.
bool Session::blocked() {
  if (errno != EAGAIN) return false;
  watch(EPOLLOUT);
  return true;
}

void Session::watch(std::uint32_t events) {
  if (std::exchange(watched_, events) != events) poller_.change(socket_.descriptor(), events, this);
}

}  // namespace ambassador::bench
