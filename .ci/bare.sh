#!/usr/bin/env bash
# Runs a command in a bare Debian 12, in a clone of the last commit: a minimal root that has only git and CA certificates
# beside Debian's essential packages. What the command needs it has to install itself. As root.
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

fail() { printf 'bare: %s\n' "$@" >&2; exit 1; }

usage_error() {
  printf 'bare: %s\nusage: .ci/bare.sh [--keep] COMMAND…\n' "$1" >&2
  exit 2
}

# shellcheck source=.ci/packages.sh
source "$checkout/.ci/packages.sh"

# As Debian's slim image: without documents but the copyright files. dpkg does not wait for the disk: a root that a power cut
# spoils is made again.
make_root() {
  local sources=/etc/apt/sources.list.d/debian.sources
  [[ -f $sources ]] || sources=/etc/apt/sources.list
  [[ -f $sources ]] || fail "there is no Debian apt source in /etc/apt/sources.list or $sources"
  rm -rf --one-file-system "$bare"
  mkdir -p "$bare"
  echo "bare: making a Debian 12 in $bare, about half a minute" >&2
  mmdebstrap --quiet --variant=minbase --include=ca-certificates,git --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$bare" "$sources" >&2 ||
    fail "mmdebstrap could not make the root" "see its message above"
  printf '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n' >"$bare/etc/hosts"
  give_the_network
}

# How this machine reaches Debian's and npm's packages: its name servers, its own CAs, its npm settings.
give_the_network() {
  cp -L /etc/resolv.conf "$bare/etc/resolv.conf"
  cp -r /usr/local/share/ca-certificates/. "$bare/usr/local/share/ca-certificates/" 2>/dev/null || true
  chroot "$bare" update-ca-certificates >/dev/null 2>&1 || fail "the CA certificates could not be set up in $bare"
  if [[ -f ~/.npmrc ]]; then cp ~/.npmrc "$bare/root/.npmrc"; fi
}

# The last commit, as whoever clones the repository gets it.
bring_clone_up_to_date() {
  [[ -z $(git -C "$checkout" status --porcelain) ]] ||
    echo "bare: what is not committed is not in the clone: $(git -C "$checkout" status --porcelain | wc -l) files" >&2
  if [[ -d $clone/.git ]]; then
    git -C "$clone" fetch -q "$checkout" HEAD
    git -C "$clone" reset -q --hard FETCH_HEAD
  else
    git clone -q --no-hardlinks "$checkout" "$clone"
  fi
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
# namespace can be made, and tests make some.
enter() {
  local -a variables
  mapfile -d '' -t variables < <(environment)
  local cache=${CCACHE_DIR:-$HOME/.cache/ccache}
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
    mkdir -p "$root/root/.cache/ccache" "$root/run/outside"
    mount --bind "$cache" "$root/root/.cache/ccache"
    cd "$root"
    pivot_root . run/outside
    umount -l /run/outside
    cd "$directory"
    exec env -i "${@:1:count}" "${@:count+1}"' \
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
  (($#)) || usage_error "there is no command"
  ((EUID == 0)) || fail "this needs root, for mounts and namespaces"
  install_packages bare
  if [[ $keep == no || ! -d $bare/root ]]; then make_root; fi
  bring_clone_up_to_date
  enter "$@"
}

main "$@"
