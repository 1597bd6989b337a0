# shellcheck shell=bash
# The verbs `lint` and `format` of ./dev. Every check runs, so that one run tells everything. Sourced by ./dev.

: "${root:?this file is sourced by ./dev}"

verb_lint() {
  local since="" name
  if (($#)); then
    case $1 in
      --since) name=${2:-}; shift $(($# > 1)) ;;
      --since=*) name=${1#*=} ;;
      *) usage_error "lint does not know: $1" ;;
    esac
    (($# <= 1)) || usage_error "lint does not know: $2"
    [[ -n $name ]] || usage_error "--since needs a commit"
    install_packages lint
    since=$(git -C "$root" rev-parse --verify --quiet "$name^{commit}") || usage_error "no such commit: $name"
  fi
  install_packages build lint
  local check failed=""
  for check in format shell python; do
    "lint_$check" || failed+=" $check"
  done
  lint_tidy "$since" || failed+=" tidy"
  [[ -z $failed ]] || fail "lint failed:$failed" "./dev format mends the format"
  echo "dev: lint passed" >&2
}

verb_format() {
  (($# == 0)) || usage_error "format takes no argument: $1"
  install_packages lint
  files_named '*.cpp' '*.hpp' | xargs -0 clang-format -i
}

# Our own files of these names, each ended by a zero byte.
files_named() {
  local pattern
  local -a tests=(-false)
  for pattern in "$@"; do tests+=(-o -name "$pattern"); done
  find "$root" \( -path "$root/build" -o -name .git -o -name node_modules \) -prune -o -type f \( "${tests[@]}" \) -print0
}

lint_format() {
  files_named '*.cpp' '*.hpp' | xargs -0 clang-format --dry-run -Werror
}

lint_shell() {
  (cd "$root" && { printf 'dev\0.ci/run\0'; files_named '*.sh' '*.bash'; } | xargs -0 shellcheck -x)
}

lint_python() {
  files_named '*.py' | xargs -0 --no-run-if-empty /usr/bin/python3 -m pyflakes
}

#   lint_tidy [COMMIT]   the whole tree, or what changed since COMMIT
lint_tidy() {
  (configure lint) || return 1
  # Files that came or went since: ninja looks, and runs cmake again.
  ninja -C "$root/build/lint" --quiet build.ninja >&2 || return 1
  /usr/bin/python3 "$root/.ci/tidy.py" "$root" "$(jobs)" "${1:-}"
}
