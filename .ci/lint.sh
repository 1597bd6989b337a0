# shellcheck shell=bash
# The verbs `lint` and `format` of ./dev. Every check runs, so that one run tells everything. Sourced by ./dev.

: "${root:?this file is sourced by ./dev}"

verb_lint() {
  (($# == 0)) || usage_error "lint takes no argument: $1"
  install_packages build lint
  local check failed=""
  for check in format shell python tidy; do
    "lint_$check" || failed+=" $check"
  done
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

lint_tidy() {
  (configure lint) || return 1
  # Files that came or went since: ninja looks, and runs cmake again.
  ninja -C "$root/build/lint" --quiet build.ninja >&2 || return 1
  /usr/bin/python3 "$root/.ci/tidy.py" "$root" "$(jobs)"
}
