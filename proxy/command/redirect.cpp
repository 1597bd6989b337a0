#include "command/redirect.hpp"

#include "command/child_program.hpp"
#include "command/say.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

namespace ambassador::command {
namespace {

constexpr std::chrono::seconds program_limit{30};  // for one run; another's lock on the tables included
constexpr char lock_wait_seconds[] = "10";         // of iptables' own lock
constexpr char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr char nft[] = "nft";
constexpr char iptables[] = "iptables";

std::string search_path() {
  char const* const path = std::getenv("PATH");
  return path == nullptr || *path == '\0' ? default_path : path;
}

/// The name of the program that saves or restores: `iptables-legacy`, v6, "save" is ip6tables-legacy-save.
std::string program_name(std::string_view with, IpVersion version, std::string_view verb) {
  return fmt::format("{}{}-{}", version == IpVersion::v4 ? "ip" : "ip6", with.substr(2), verb);
}

/// Whether the kernel has IPv6 at all; where its addresses are only turned off, the rules do no harm.
bool has_ipv6() {
  std::error_code unreadable;
  return std::filesystem::exists("/proc/net/if_inet6", unreadable);
}

std::string what_to_do(std::string_view said) {
  for (std::string_view const sign : {"ermission denied", "not permitted", "must be root"}) {
    if (said.find(sign) != std::string_view::npos) {
      return "\n  This needs the capability NET_ADMIN in this network namespace, and iptables NET_RAW too: run it as root, in "
             "Kubernetes in an init container with securityContext: {runAsUser: 0, capabilities: {add: [NET_ADMIN, NET_RAW]}}.";
    }
  }
  for (std::string_view const sign :
       {"not supported", "does not exist", "No such file", "Cannot initialize", "fetch rule set"}) {
    if (said.find(sign) != std::string_view::npos) {
      return "\n  The kernel may lack what this program wants: try another by --with nft, iptables or iptables-legacy.";
    }
  }
  return {};
}

/// The program's output; nothing where it failed, which was said unless `quietly`.
std::optional<std::string> output_of(std::vector<std::string> argv, std::string_view input, bool quietly = false) {
  auto const name = argv.front();
  auto const ran = run_program(std::move(argv), input, program_limit);
  if (ran && ran->status == 0) return ran->out;
  if (quietly) return std::nullopt;
  if (!ran) {
    say(fmt::format("{} could not be run: {}", name, ran.error().message()));
  } else {
    auto err = ran->err;
    err.erase(err.find_last_not_of("\n ") + 1);
    say(fmt::format("{} ended with {}: {}{}", name, ran->status, err, what_to_do(err)));
  }
  return std::nullopt;
}

/// The path of a program; where it is not there, that was said.
std::optional<std::string> find_or_say(std::string const& name) {
  auto found = find_program(name, search_path());
  if (!found) say(fmt::format("there is no program {} in {}; install it, or choose another by --with", name, search_path()));
  return found;
}

/// The program to use, unless the user chose one; where there is none, that was said.
std::optional<std::string> choose_program() {
  for (std::string const name : {nft, iptables}) {
    if (find_program(name == nft ? name : program_name(name, IpVersion::v4, "restore"), search_path())) return name;
  }
  say(fmt::format("neither nft nor iptables-restore is in {}; install the package nftables, or iptables", search_path()));
  return std::nullopt;
}

bool apply_by_nft(RedirectOptions const& options) {
  auto const program = find_or_say(nft);
  if (!program) return false;
  return output_of({*program, "-f", "-"}, options.remove ? nft_removal() : nft_installation(options.rules)).has_value();
}

/// One IP version by iptables-save and iptables-restore.
class Iptables {
 public:
  /// Nothing where a program is missing, which was said.
  static std::optional<Iptables> find(std::string_view with, IpVersion version) {
    auto save = find_or_say(program_name(with, version, "save"));
    auto restore = save ? find_or_say(program_name(with, version, "restore")) : std::nullopt;
    if (!restore) return std::nullopt;
    return Iptables{version, std::move(*save), std::move(*restore)};
  }

  /// What cannot be redirected is rejected: so the filter comes first, and stands alone where there is no NAT for IPv6.
  [[nodiscard]] bool install(RedirectRules const& rules) const {
    if (!install(rules, Table::filter, saved(Table::filter))) return false;
    auto const nat = saved(Table::nat, version_ == IpVersion::v6);
    if (!nat && version_ == IpVersion::v6) {
      say("the kernel has no NAT for IPv6: what would be redirected there is rejected");
      return true;
    }
    return install(rules, Table::nat, nat);
  }

  /// In the other order, so that nothing slips by on the way.
  [[nodiscard]] bool remove() const { return remove(Table::nat) && remove(Table::filter); }

 private:
  Iptables(IpVersion version, std::string save, std::string restore)
      : version_{version}, save_{std::move(save)}, restore_{std::move(restore)} {}

  [[nodiscard]] std::optional<std::string> saved(Table table, bool quietly = false) const {
    return output_of({save_, "-t", table == Table::nat ? "nat" : "filter"}, {}, quietly);
  }

  [[nodiscard]] bool restore(std::string const& text) const {
    return output_of({restore_, "-w", lock_wait_seconds, "--noflush"}, text).has_value();
  }

  [[nodiscard]] bool install(RedirectRules const& rules, Table table, std::optional<std::string> const& before) const {
    return before && restore(iptables_installation(rules, version_, table, *before));
  }

  [[nodiscard]] bool remove(Table table) const {
    auto const before = saved(table, table == Table::nat && version_ == IpVersion::v6);
    if (!before) return table == Table::nat && version_ == IpVersion::v6;  // no such table, so nothing of ours
    auto const text = iptables_removal(table, *before);
    return text.empty() || restore(text);
  }

  IpVersion version_;
  std::string save_;
  std::string restore_;
};

bool apply_by_iptables(RedirectOptions const& options, std::string_view with) {
  bool done = true;
  for (auto const version : {IpVersion::v4, IpVersion::v6}) {
    if (version == IpVersion::v6 && !has_ipv6()) {
      say("this kernel has no IPv6: the rules are for IPv4 alone");
      continue;
    }
    auto const tables = Iptables::find(with, version);
    done = tables && (options.remove ? tables->remove() : tables->install(options.rules)) && done;
  }
  return done;
}

void print(RedirectOptions const& options, std::string_view with) {
  if (with == nft) {
    fmt::print("{}", options.remove ? nft_removal() : nft_installation(options.rules));
    return;
  }
  for (auto const version : {IpVersion::v4, IpVersion::v6}) {
    fmt::print("# {} --noflush\n", program_name(with, version, "restore"));
    for (auto const table : {Table::filter, Table::nat}) {
      fmt::print("{}", iptables_installation(options.rules, version, table, {}));
    }
  }
}

/// Why these options would protect nothing; empty where they are good.
std::string_view fault(RedirectOptions const& options) {
  if (options.remove && options.print) return "--remove and --print exclude each other";
  if (options.remove) return {};
  if (options.rules.uids.empty()) return "--uid is missing: the user that the ambassador runs as, such as --uid 1080";
  if (std::ranges::find(options.rules.uids, 0U) != options.rules.uids.end()) {
    return "--uid 0 would leave alone every program that runs as root: run the ambassador as a user of its own";
  }
  return {};
}

}  // namespace

Exit redirect(RedirectOptions const& options) {
  if (auto const wrong = fault(options); !wrong.empty()) {
    say(wrong);
    return Exit::usage;
  }
  auto const with = options.with.empty() ? choose_program() : options.with;
  if (!with) return Exit::failed;
  if (options.print) {
    print(options, *with);
    return Exit::ok;
  }
  if (!(*with == nft ? apply_by_nft(options) : apply_by_iptables(options, *with))) return Exit::failed;
  if (options.remove) {
    fmt::print("removed by {}: nothing is redirected\n", *with);
  } else {
    fmt::print("installed by {}: TCP of every uid but {} goes to port {}, what cannot is rejected\n", *with,
               fmt::join(options.rules.uids, ", "), options.rules.port);
  }
  return Exit::ok;
}

}  // namespace ambassador::command
