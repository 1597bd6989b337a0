// The map, arranged so that the longest matching source of the most exact host is found by a few hash look-ups,
// whether there is one source or there are ten thousand.
#pragma once

#include "config/settings/settings.hpp"
#include "route/host_index.hpp"
#include "wire/http/message.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ambassador::route {

/// The parts of a request that sources and their `when` look at.
struct Query {
  std::string_view method;
  std::string_view host;  ///< canonical
  std::uint16_t port = 80;
  std::string_view path;  ///< canonical
  std::optional<std::string_view> query;
  std::span<wire::http::Field const> fields;
};

/// Why a source's `when` does not fit.
enum class WhenMiss : std::uint8_t { none, method, header };

WhenMiss judge_when(config::When const& when, Query const& query) noexcept;
/// The first header of `when` that is missing or differs; empty where all fit.
std::string_view unfit_header(config::When const& when, Query const& query) noexcept;

class RouteTable {
 public:
  /// Borrows the mappings: they must outlive the table.
  explicit RouteTable(std::span<config::Mapping const> map);

  struct Match {
    config::Mapping const* mapping = nullptr;
    std::uint32_t index = 0;
    std::size_t matched = 0;  ///< bytes of the path that the source took; the rest is appended to the target
  };

  /// Ports that a source may have, the one to prefer first; beyond them a source may be for any.
  using Ports = std::array<std::uint16_t, 2>;

  /// The winner among the sources that name the host, or nothing.
  [[nodiscard]] std::optional<Match> find_literal(Query const& query, Ports ports) const;
  /// The winner among the sources on `*.suffix` and `*`, or nothing.
  [[nodiscard]] std::optional<Match> find_pattern(Query const& query, Ports ports) const;
  /// The winner among the sources that name the host, whatever their port.
  [[nodiscard]] std::optional<Match> find_at_any_port(Query const& query) const;

  [[nodiscard]] std::span<config::Mapping const> map() const noexcept { return map_; }
  /// Sources on exactly this host, in the file's order.
  [[nodiscard]] std::span<std::uint32_t const> sources_on(std::string_view host) const;
  /// The same of the most exact host, `*.suffix` or `*` that has any.
  [[nodiscard]] std::span<std::uint32_t const> sources_for(std::string_view host) const;

 private:
  static constexpr std::uint16_t any_port = 0;
  using Indices = std::vector<std::uint32_t>;

  /// The sources of one host and port, by path.
  struct PathIndex {
    StringMap<Indices> exact;          ///< by path and query, as `/path?query`
    StringMap<Indices> prefix;         ///< by path without a trailing slash
    std::vector<std::size_t> lengths;  ///< of the prefixes, longest first, each once
  };

  struct HostEntry {
    std::vector<std::pair<std::uint16_t, PathIndex>> ports;  ///< or `any_port`
    Indices sources;
  };

  void add(std::uint32_t index);
  [[nodiscard]] std::optional<Match> find_on(HostEntry const& host, Query const& query, Ports ports) const;
  [[nodiscard]] std::optional<Match> find_in(PathIndex const& paths, Query const& query) const;
  [[nodiscard]] std::optional<std::uint32_t> first_fitting(Indices const& candidates, Query const& query) const;

  std::span<config::Mapping const> map_;
  HostIndex<HostEntry> hosts_;
};

}  // namespace ambassador::route
