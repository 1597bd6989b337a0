#include "kubernetes/commands.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace ambassador::kubernetes {
namespace {

std::string in_namespace(std::string const& space) { return space.empty() ? "" : " --namespace " + space; }

/// With all directories and files of its name.
std::vector<Secret> one_of_each_name(std::vector<Secret> const& secrets) {
  std::vector<Secret> found;
  for (auto const& secret : secrets) {
    auto const known = std::ranges::find(found, secret.name, &Secret::name);
    if (known == found.end()) {
      found.push_back(secret);
      continue;
    }
    known->directory += " and " + secret.directory;
    for (auto const& file : secret.files) {
      if (std::ranges::find(known->files, file) == known->files.end()) known->files.push_back(file);
    }
  }
  return found;
}

Command create_command(Secret const& secret, std::string const& space) {
  auto line = "kubectl create secret generic " + secret.name + in_namespace(space);
  for (auto const& file : secret.files) line += " --from-file=" + file;
  if (secret.files.empty()) line += " --from-file=FILE";
  return {"the Secret " + secret.name + " is mounted at " + secret.directory, std::move(line)};
}

}  // namespace

std::vector<Command> create_commands(std::vector<Secret> const& secrets, std::vector<Done> const& done) {
  std::set<std::string> spaces;
  for (auto const& one : done) {
    if (one.left.empty()) spaces.insert(one.space);
  }
  std::vector<Command> commands;
  for (auto const& space : spaces) {
    for (auto const& secret : one_of_each_name(secrets)) commands.push_back(create_command(secret, space));
  }
  return commands;
}

std::vector<std::string> delete_commands(std::vector<Done> const& done) {
  std::map<std::string, std::set<std::string>> unused;
  for (auto const& one : done) {
    if (one.taken_out) unused[one.space].insert(one.config_map);
  }
  for (auto const& one : done) {
    if (one.left.empty() && !one.taken_out) unused[one.space].erase(one.config_map);
  }
  std::vector<std::string> lines;
  for (auto const& [space, names] : unused) {
    if (names.empty()) continue;
    std::string line = "kubectl delete configmap" + in_namespace(space);
    for (auto const& name : names) line += ' ' + name;
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace ambassador::kubernetes
