# shellcheck shell=bash
# The verb `image` of ./dev: the Dockerfile's two images. A docker that runs builds them; else buildah does, which needs
# neither a daemon nor a registry (tests/image/containers.sh). Sourced by ./dev.

: "${root:?this file is sourced by ./dev}"

verb_image() {
  local test=no here architecture suffix=""
  here=$(dpkg --print-architecture)
  architecture=$here
  while (($#)); do
    case $1 in
      --test) test=yes ;;
      --arch) architecture=${2:-}; shift $(($# > 1)) ;;
      --arch=*) architecture=${1#*=} ;;
      *) usage_error "image does not know: $1" ;;
    esac
    shift
  done
  case $architecture in
    amd64 | arm64) ;;
    *) usage_error "no such architecture: ${architecture:-(none given)}; there are amd64, arm64" ;;
  esac
  if [[ $architecture != "$here" ]]; then suffix=-$architecture; fi
  local version
  version=$(sed -n 's/^project(ambassador VERSION \([0-9.]*\) .*/\1/p' "$root/CMakeLists.txt")

  # The tests run what containers.sh keeps.
  local builder=build_by_buildah
  if [[ $test == no ]] && docker info >/dev/null 2>&1; then builder=build_by_docker; else install_packages image; fi
  # The first is built last: its size is what one looks for.
  local name
  for name in redirect ambassador; do
    $builder "$name" "$(image_tag "$name" "$version$suffix")" "linux/$architecture"
  done
  if [[ $test == yes ]]; then test_image "$version" "$suffix"; fi
}

#   image_tag TARGET VERSION
image_tag() { if [[ $1 == ambassador ]]; then echo "ambassador:$2"; else echo "ambassador-$1:$2"; fi; }

#   build_by_… TARGET TAG PLATFORM
build_by_docker() {
  docker build --target "$1" -t "$2" --platform "$3" --build-arg "REVISION=$(git -C "$root" rev-parse HEAD)" "$root" ||
    fail "docker could not build $2" "see its message above"
  say_size "$2" "$(docker image inspect --format '{{.Size}}' "$2")"
}

build_by_buildah() {
  as_root "$root/tests/image/containers.sh" build "$2" --target "$1" --platform "$3" ||
    fail "buildah could not build $2" "see its message above"
  say_size "$2" "$(as_root "$root/tests/image/containers.sh" size "$2")"
}

say_size() { awk -v name="$1" -v bytes="$2" 'BEGIN {printf "dev: %s has %.1f MB\n", name, bytes / 1e6}' >&2; }

# By the number, so that it is this very image that is tested.
test_image() {
  local version=$1 suffix=$2
  install_packages build
  configure release
  install_npm_parts tests/image
  if [[ -z $suffix ]]; then
    AMBASSADOR_IMAGE=$(image_number "ambassador:$version") AMBASSADOR_REDIRECT_IMAGE=$(image_number "ambassador-redirect:$version") \
      ctest_labelled release image 1
  else
    install_packages emulation
    AMBASSADOR_IMAGE_OTHER=$(image_number "ambassador:$version$suffix") ctest_labelled release image 1 -R image.other
  fi
}

image_number() { as_root "$root/tests/image/containers.sh" podman image inspect --format '{{.Id}}' "$1"; }
