#!/usr/bin/env bash
# Images and containers on Debian 12, as root, without a daemon and without a registry: buildah builds, podman and runc
# run. The base image debian:bookworm-slim is made by mmdebstrap from the machine's own apt sources.
#
#   containers.sh base                  the base image, unless it is there already
#   containers.sh build TAG [ARG…]      the Dockerfile; ARGs are buildah's: --target redirect, --platform linux/arm64
#   containers.sh quick BINARY TAG      only the Dockerfile's last stage, around a binary that was built on this machine:
#                                       some seconds, for who tests something else than the build
#   containers.sh run [OPTION…] TAG [ARG…]   `ambassador ARG…` as Kubernetes' restricted profile would have it; podman's OPTIONs
#   containers.sh podman ARG…           podman, on the same images; buildah likewise
#   containers.sh size TAG              in bytes
#
# AMBASSADOR_CONTAINERS is where images are kept: ~/.cache/ambassador-containers, so that a new clone has them too.
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
project=$(cd "$here/../.." && pwd)
state=${AMBASSADOR_CONTAINERS:-$HOME/.cache/ambassador-containers}
readonly here project state
readonly base=docker.io/library/debian:bookworm-slim

fail() { printf 'containers: %s\n' "$@" >&2; exit 1; }

usage() { sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

# runc, because crun refuses hybrid cgroups. A limit may not be above the caller's own.
configure() {
  ((EUID == 0)) || fail "this needs root, for mounts and namespaces"
  local program
  for program in buildah podman runc mmdebstrap; do
    command -v "$program" >/dev/null || fail "there is no $program; ./dev image installs it"
  done
  mkdir -p "$state"
  export CONTAINERS_STORAGE_CONF=$state/storage.conf CONTAINERS_CONF=$state/containers.conf
  # Replaced whole: others may be reading them.
  write "$CONTAINERS_STORAGE_CONF" <<CONF
[storage]
driver = "overlay"
graphroot = "$state/images"
runroot = "$state/run"
CONF
  write "$CONTAINERS_CONF" <<CONF
[containers]
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=4096:4096"]
[network]
network_backend = "netavark"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
}

write() {
  cat >"$1.$$"
  mv "$1.$$" "$1"
}

# One at a time; the lock ends with the subshell.
make_base() (
  exec 9>"$state/base.lock"
  flock 9
  podman image exists "$base" && return
  echo "containers: making the base image from this machine's apt sources" >&2
  sources=/etc/apt/sources.list.d/debian.sources
  [[ -f $sources ]] || sources=/etc/apt/sources.list
  tree=$state/base.tar
  # As the published slim image: no documents but the copyright files.
  mmdebstrap --quiet --variant=minbase --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$tree" "$sources" >&2
  container=$(buildah from scratch)
  buildah add -q "$container" "$tree" / >/dev/null
  buildah config --cmd bash "$container"
  buildah commit -q --rm "$container" "$base" >/dev/null
  rm -f "$tree"
)

# HEALTHCHECK is in Docker's format of an image alone.
build_image() {
  local tag=$1
  shift
  make_base
  local -a options=(--isolation chroot --format docker --pull-never --layers --build-arg "REVISION=$(revision)"
    --build-arg "BUILDPLATFORM=linux/$(dpkg --print-architecture)") # older buildahs do not know it themselves
  # A proxy between here and the npm registry may have a CA that only this machine knows.
  if [[ -e /etc/ssl/certs/ca-certificates.crt ]]; then options+=(--secret 'id=ca,src=/etc/ssl/certs/ca-certificates.crt'); fi
  # What this machine has compiled already need not be compiled again.
  if command -v ccache >/dev/null; then
    options+=(--volume "$(ccache --get-config cache_dir):/ccache" --build-arg CCACHE_DIR=/ccache
      --build-arg "SOURCE=${AMBASSADOR_SOURCE:-$project}" --build-arg "LANG=${LANG:-}")
  fi
  buildah build "${options[@]}" -t "$tag" "$@" "$project" >&2
}

revision() { git -C "$project" rev-parse --verify --quiet HEAD || true; }

quick_image() {
  local binary=$1 tag=$2 work
  work=$(mktemp -d)
  # shellcheck disable=SC2064  # the directory's name as it is now
  trap "rm -rf '$work'" EXIT
  "$project/.ci/image_root.sh" "$work/root" "$binary"
  last_stage >"$work/Dockerfile"
  buildah build --isolation chroot --format docker --pull-never --target ambassador -t "$tag" -f "$work/Dockerfile" "$work/root" >&2
}

# The stage that has no compiler in it; its files come from here, and not from the stage before it.
last_stage() {
  sed -n '/^FROM scratch AS ambassador$/,$ s|^COPY --from=builder [^ ]*|COPY .|; /^FROM scratch AS ambassador$/,$ p' "$project/Dockerfile"
}

run_restricted() {
  podman run --rm --pull=never --no-healthcheck --network=none --read-only --read-only-tmpfs=false --user=1080:1080 --cap-drop=ALL \
    --security-opt=no-new-privileges --memory=64m "$@"
}

main() {
  local verb=${1:-help}
  if (($#)); then shift; fi
  case $verb in
    help | -h | --help) usage; return ;;
    base | build | quick | run | podman | buildah | size) configure ;;
    *) fail "no such verb: $verb" "see containers.sh help" ;;
  esac
  case $verb in
    base) make_base ;;
    build) build_image "${@:?build needs a TAG}" ;;
    quick) quick_image "${1:?quick needs a BINARY and a TAG}" "${2:?quick needs a TAG}" ;;
    run) run_restricted "${@:?run needs a TAG}" ;;
    size) podman image inspect --format '{{.Size}}' "${1:?size needs a TAG}" ;;
    podman | buildah) exec "$verb" "$@" ;;
  esac
}

main "$@"
