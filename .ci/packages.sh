# shellcheck shell=bash
# The Debian packages that each verb of ./dev needs, and how the missing ones are installed. Sourced by ./dev.
#
# An entry is `package`, or `package:command` where any program of that name will do, whoever brought it: Debian's
# npm, for one, cannot be installed beside another vendor's nodejs.

declare -rA packages=(
  [build]="g++ cmake ninja-build ccache pkg-config libboost1.81-dev libboost-url1.81-dev libboost-json1.81-dev
    libssl-dev libspdlog-dev libfmt-dev prometheus-cpp-dev libyaml-cpp-dev libcli11-dev libc-ares-dev zlib1g-dev
    libgtest-dev libgmock-dev nodejs:node npm:npm"
  [test]="python3 python3-pytest python3-requests python3-httpx python3-aiohttp python3-websockets curl:curl wget:wget
    busybox:busybox git:git golang-go:go ruby:ruby php-cli:php php-curl libwww-perl openjdk-17-jdk-headless:javac
    nodejs:node npm:npm chromium nginx libnginx-mod-stream openssl prometheus dnsmasq-base nftables iptables iproute2 util-linux
    socat stunnel4 python3-yaml yamllint"
  [lint]="clang clang-tidy clang-format shellcheck python3 python3-pyflakes git:git"
  [bench]="nginx libnginx-mod-stream haproxy openssl squid tinyproxy wrk python3 git:git"
  [micro]="libbenchmark-dev valgrind python3"
  [image]="buildah podman runc mmdebstrap catatonit netavark python3 python3-pytest curl:curl openssl:openssl nodejs:node npm:npm
    nftables iproute2 util-linux binutils python3-yaml dnsmasq-base"
  [bare]="mmdebstrap git:git util-linux"
  [emulation]="qemu-user-static"
  [builder]="python3"
  [redirect]="nftables netbase"
  [package]="dpkg-dev binutils gzip python3 git:git"
  [package_test]="lintian mandoc man-db groff-base bash zsh fish systemd systemd-container mmdebstrap util-linux iproute2 strace curl:curl
    python3 python3-pytest nodejs:node npm:npm"
  [fuzz]="clang libclang-rt-14-dev libhttp-parser-dev"
)

declare -rA cross_compilers=([arm64]=g++-aarch64-linux-gnu)

# Some packages start a server when they are installed. While this file says 101, none does.
readonly policy_file=/usr/sbin/policy-rc.d
readonly policy_saved=/usr/sbin/policy-rc.d.saved-by-dev

# Installs what the groups need and the machine lacks. Does nothing, and quickly, where nothing is missing.
#   install_packages GROUP…
install_packages() {
  local group entry installed
  local -a missing=()
  installed=$(installed_packages)
  for group in "$@"; do
    for entry in ${packages[$group]}; do
      package_is_there "$entry" "$installed" || missing+=("${entry%%:*}")
    done
  done
  if ((${#missing[@]})); then install_missing "${missing[@]}"; fi
}

# The same for a program that is to run on ARCHITECTURE, by Debian's name of it: what is linked in or shipped with it is of
# that architecture, the tools are this machine's.
#   install_packages_for ARCHITECTURE GROUP…
install_packages_for() {
  local architecture=$1 group entry
  shift
  if [[ $architecture == "$(dpkg --print-architecture)" ]]; then install_packages "$@"; return; fi
  [[ -n ${cross_compilers[$architecture]:-} ]] ||
    fail "there is no cross compiler for $architecture here" "build on such a machine, or for: ${!cross_compilers[*]}"
  local -a wanted=("${cross_compilers[$architecture]}")
  for group in "$@"; do
    for entry in ${packages[$group]}; do
      case ${entry%%:*} in
        *-dev | nftables) wanted+=("${entry%%:*}:$architecture") ;;
        *) wanted+=("${entry%%:*}") ;;
      esac
    done
  done
  as_root dpkg --add-architecture "$architecture"
  install_missing "${wanted[@]}"
}

#   installed_packages [PATTERN]
installed_packages() {
  # shellcheck disable=SC2016  # the fields are dpkg-query's, not the shell's
  dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true
}

package_is_there() {
  local entry=$1 installed=$2
  if [[ $entry == *:* ]] && command -v "${entry#*:}" >/dev/null; then return 0; fi
  [[ $'\n'$installed$'\n' == *$'\n'"${entry%%:*}"$'\n'* ]]
}

install_missing() {
  need_rights "$@"
  echo "dev: installing by apt-get: $*" >&2
  say_what_boost_replaces "$@"
  # A subshell, so that its trap gives the machine its own policy back however it ends.
  (
    trap 'allow_services' EXIT
    trap 'exit 130' INT TERM
    forbid_services
    # Debian's slim images have no manual pages. Without this directory OpenJDK's packages cannot be configured (bug 863199).
    as_root mkdir -p /usr/share/man/man1
    as_root apt-get -q update </dev/null
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
      -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 install "$@" </dev/null
  ) >&2 || fail "apt-get could not install: $*" "see its message above; then run this again"
}

need_rights() {
  command -v apt-get >/dev/null || fail "apt-get is not there" "this tool sets up Debian 12; elsewhere, install what these packages hold: $*"
  ((EUID == 0)) && return
  command -v sudo >/dev/null || fail "these packages are missing, and you are neither root nor have sudo: $*" \
    "have them installed: apt-get install $*"
  sudo -n true 2>/dev/null || [[ -t 0 ]] || fail "these packages are missing, and sudo wants a password: $*" \
    "run this in a terminal, or have them installed: apt-get install $*"
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# The -dev packages of two Boost versions exclude each other.
say_what_boost_replaces() {
  [[ " $* " == *" libboost1.81-dev "* ]] || return 0
  local old
  old=$(installed_packages 'libboost*-dev' | grep -v 1.81 | tr '\n' ' ') || true
  if [[ -n $old ]]; then
    echo "dev: Boost 1.81 is needed, and Debian's Boost 1.74 packages cannot stay beside it; apt-get takes away: $old" >&2
  fi
}

forbid_services() {
  # Left behind by a run that was killed: what is saved is the machine's own.
  if [[ -e $policy_saved ]]; then allow_services; fi
  if [[ -e $policy_file ]]; then as_root mv "$policy_file" "$policy_saved"; fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy_file" >/dev/null
  as_root chmod 755 "$policy_file"
}

allow_services() {
  if [[ -e $policy_saved ]]; then as_root mv -f "$policy_saved" "$policy_file"; else as_root rm -f "$policy_file"; fi
}
