# shellcheck shell=bash
# The verb `package` of ./dev: a release's artefacts, in build/release/artefacts. Sourced by ./dev.

: "${root:?this file is sourced by ./dev}"

verb_package() {
  local test=no
  while (($#)); do
    case $1 in
      --test) test=yes; shift ;;
      *) usage_error "package takes no argument but --test: $1" ;;
    esac
  done
  install_packages build package
  # Every time in it is that of the source, so that the same source gives the same bytes.
  SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || date +%s)}
  export SOURCE_DATE_EPOCH
  rm -rf "$root/build/release/release"
  build release release
  make_artefacts "$root/build/release/artefacts"
  if [[ $test == yes ]]; then test_package; fi
}

#   make_artefacts DIRECTORY
make_artefacts() {
  local artefacts=$1
  rm -rf "$artefacts"
  mkdir -p "$artefacts"
  (umask 022 && cd "$root" && cpack --config build/release/CPackConfig.cmake -B "$artefacts") >&2 ||
    fail "cpack could not make the package" "see its message above"
  rm -rf "$artefacts/_CPack_Packages"
  cp "$root/build/release/release/ambassador.sbom.cdx.json" "$artefacts"
  (cd "$artefacts" && sha256sum -- *.deb ambassador.sbom.cdx.json >SHA256SUMS && ls -l >&2)
}

# As root: the package is installed, started and removed in a Debian of its own, made by mmdebstrap and booted in a container.
test_package() {
  install_packages package_test
  install_npm_parts tests/package
  ctest_labelled release package 1
}
