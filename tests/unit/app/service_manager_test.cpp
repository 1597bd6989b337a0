#include "app/machine/service_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace ambassador::app::machine::service_manager_test {
namespace {

/// A service manager's end: what it is told, message by message.
class Manager {
 public:
  explicit Manager(std::string address) : address_{std::move(address)}, descriptor_{::socket(AF_UNIX, SOCK_DGRAM, 0)} {
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::copy(address_.begin(), address_.end(), where.sun_path);
    if (address_.front() == '@') where.sun_path[0] = '\0';
    auto const length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr const*>(&where), length), 0) << address_;
  }
  ~Manager() {
    ::close(descriptor_);
    if (address_.front() == '/') ::unlink(address_.c_str());
  }
  Manager(Manager const&) = delete;
  Manager& operator=(Manager const&) = delete;

  [[nodiscard]] std::string const& address() const noexcept { return address_; }

  [[nodiscard]] std::string told() const {
    std::array<char, 256> text{};
    auto const count = ::recv(descriptor_, text.data(), text.size(), MSG_DONTWAIT);
    return count < 0 ? std::string{"nothing"} : std::string{text.data(), static_cast<std::size_t>(count)};
  }

 private:
  std::string address_;
  int descriptor_;
};

std::string name_of_this_test() { return fmt::format("ambassador-test-{}", ::getpid()); }

TEST(ServiceManager, is_told_each_state_in_a_message_of_its_own) {
  Manager const manager{::testing::TempDir() + name_of_this_test()};
  for (auto const state : {ServiceState::reloading, ServiceState::ready, ServiceState::stopping}) {
    EXPECT_FALSE(tell_service_manager(manager.address(), state));
  }
  EXPECT_THAT(manager.told(), ::testing::MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  EXPECT_EQ(manager.told(), "READY=1");
  EXPECT_EQ(manager.told(), "STOPPING=1");
  EXPECT_EQ(manager.told(), "nothing");
}

TEST(ServiceManager, is_found_under_an_abstract_name) {
  Manager const manager{'@' + name_of_this_test()};
  EXPECT_FALSE(tell_service_manager(manager.address(), ServiceState::ready));
  EXPECT_EQ(manager.told(), "READY=1");
}

TEST(ServiceManager, need_not_be_there) { EXPECT_FALSE(tell_service_manager("", ServiceState::ready)); }

TEST(ServiceManager, that_cannot_be_told_is_an_error) {
  EXPECT_EQ(tell_service_manager("/nowhere/notify", ServiceState::ready), boost::system::errc::no_such_file_or_directory);
  EXPECT_EQ(tell_service_manager("vsock:2:1234", ServiceState::ready), boost::system::errc::address_family_not_supported);
  EXPECT_EQ(tell_service_manager('/' + std::string(200, 'x'), ServiceState::ready), boost::system::errc::filename_too_long);
}

}  // namespace
}  // namespace ambassador::app::machine::service_manager_test
