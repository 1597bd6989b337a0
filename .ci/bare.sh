#!/usr/bin/env bash
# Runs a command in a bare Debian 12, in a clone of the last commit: a minimal root that has only git and CA certificates
# beside Debian's essential packages. What the command needs it has to install itself. As root, on Debian 12.
#
#   .ci/bare.sh [--keep] COMMAND…     for example: .ci/bare.sh ./dev test
#
# The root is build/bare. Each run makes it anew; with --keep the root of the last run is used again, with the packages it
# has by now, and the clone is brought up to the last commit. The clone has the same path inside as this checkout has
# outside, and the compiler cache is shared, so that neither compiles what the other has compiled.
set -euo pipefail

checkout=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
readonly checkout
readonly bare=$checkout/build/bare
readonly clone=$bare$checkout
readonly made=$bare/.made # there once the root is whole

fail() { printf 'bare: %s\n' "$@" >&2; exit 1; }

usage_error() {
  printf 'bare: %s\nusage: .ci/bare.sh [--keep] COMMAND…\n' "$1" >&2
  exit 2
}

# shellcheck source=.ci/mounts.sh
source "$checkout/.ci/mounts.sh"
# shellcheck source=.ci/packages.sh
source "$checkout/.ci/packages.sh"

# Prints the file with this machine's apt sources for Debian 12.
apt_sources() {
  local file
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    if [[ -f $file ]] && grep -q bookworm "$file"; then echo "$file"; return; fi
  done
  fail "neither /etc/apt/sources.list.d/debian.sources nor /etc/apt/sources.list has a source of Debian 12 (bookworm)"
}

# Holds until the command has ended: one run at a time, and no `./dev clean` meanwhile.
take_lock() {
  if [[ ! -d $checkout/build ]]; then install -d --owner="$(stat -c %u "$checkout")" "$checkout/build"; fi
  exec {lock}>"$checkout/build/bare.lock"
  flock --nonblock "$lock" || fail "another run uses $bare" "wait until it has ended"
}

# As Debian's slim image: without documents but the copyright files. dpkg does not wait for the disk: a root that a power cut
# spoils is made again. In a mount namespace of its own, so that nothing stays mounted below build/ if it is killed.
make_root() {
  local sources
  sources=$(apt_sources)
  if [[ -n $(mounts_below "$bare") ]]; then fail "something is mounted below $bare" "umount it first: $(mounts_below "$bare")"; fi
  rm -rf --one-file-system "$bare"
  mkdir -p "$bare"
  echo "bare: making a Debian 12 in $bare, about half a minute" >&2
  unshare --mount --propagation=private mmdebstrap --quiet --variant=minbase --include=ca-certificates,git \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$bare" "$sources" >&2 ||
    fail "mmdebstrap could not make the root" "see its message above"
  printf '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n' >"$bare/etc/hosts"
  touch "$made"
}

# How this machine reaches the packages of Debian and npm: its name servers, its own CAs, its npm settings.
give_the_network() {
  cp -L /etc/resolv.conf "$bare/etc/resolv.conf"
  cp -r /usr/local/share/ca-certificates/. "$bare/usr/local/share/ca-certificates/" 2>/dev/null || true
  chroot "$bare" update-ca-certificates >/dev/null 2>&1 || fail "the CA certificates could not be set up in $bare"
  if [[ -f ${HOME:-/root}/.npmrc ]]; then cp "${HOME:-/root}/.npmrc" "$bare/root/.npmrc"; fi
}

# git as root in a checkout of another user's: that user is trusted as if root had come by sudo.
git_of_checkout() { SUDO_UID=$(stat -c %u "$checkout") git -c advice.detachedHead=false "$@"; }

# The clone has what a user gets who clones the repository now: the last commit.
bring_clone_up_to_date() {
  local changed
  changed=$(git_of_checkout -C "$checkout" status --porcelain) || fail "$checkout is no git checkout that root may read"
  if [[ -n $changed ]]; then echo "bare: the clone has the last commit, without the $(wc -l <<<"$changed") changed files" >&2; fi
  if git_of_checkout -C "$clone" fetch -q "$checkout" HEAD 2>/dev/null &&
    git_of_checkout -C "$clone" reset -q --hard FETCH_HEAD && git_of_checkout -C "$clone" clean -fdq; then
    return
  fi
  rm -rf --one-file-system "$clone"
  git_of_checkout clone -q --no-hardlinks "$checkout" "$clone"
}

# Of this machine's environment only what reaching the network needs, and CI.
environment() {
  local name
  printf '%s\0' HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "TERM=${TERM:-dumb}"
  for name in CI http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY npm_config_registry; do
    if [[ -v $name ]]; then printf '%s\0' "$name=${!name}"; fi
  done
  # Node has CAs of its own, and takes others by this variable alone.
  printf '%s\0' NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
}

# In namespaces of its own, so that all it starts and mounts ends with it. pivot_root, not chroot: in a chroot no user
# namespace can be made, and tests make some. The shell stays as process 1: unshare ignores SIGINT and SIGTERM, and so would
# a command that is process 1.
enter() {
  local -a variables
  mapfile -d '' -t variables < <(environment)
  local cache=${CCACHE_DIR:-${HOME:-/root}/.cache/ccache}
  mkdir -p "$cache"
  # shellcheck disable=SC2016  # these are the variables of the shell inside
  exec unshare --mount --pid --fork --kill-child=KILL --propagation=private /bin/bash -c '
    set -euo pipefail
    root=$1 cache=$2 directory=$3 count=$4
    shift 4
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/dev/shm"
    mkdir -p "$root/root/.cache/ccache" "$root/run/outside"
    mount --bind "$cache" "$root/root/.cache/ccache"
    cd "$root"
    pivot_root . run/outside
    umount -l /run/outside
    cd "$directory"
    trap "exit 130" INT
    trap "exit 143" TERM
    env -i "${@:1:count}" "${@:count+1}" <&0 &
    wait "$!"' \
    enter "$bare" "$cache" "$checkout" "${#variables[@]}" "${variables[@]}" "$@"
}

main() {
  local keep=no
  while [[ ${1:-} == -* ]]; do
    case $1 in
      --keep) keep=yes; shift ;;
      -h | --help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
      *) usage_error "no such option: $1" ;;
    esac
  done
  [[ -n ${1:-} ]] || usage_error "there is no command"
  [[ $1 != *=* ]] || usage_error "that is a variable, not a command: $1"
  ((EUID == 0)) || fail "this needs root, for mounts and namespaces"
  case $checkout/ in
    /dev/* | /proc/* | /sys/* | /run/outside/*) fail "the checkout must not be below /dev, /proc or /sys: $checkout" ;;
  esac
  install_packages bare
  take_lock
  if [[ $keep == no || ! -e $made ]]; then make_root; fi
  give_the_network
  bring_clone_up_to_date
  enter "$@"
}

main "$@"
