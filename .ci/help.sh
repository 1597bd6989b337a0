# shellcheck shell=bash
# What ./dev says of itself: the overview and a text for each verb. Prints only; installs and builds nothing. Sourced by ./dev.

help_overview() {
  cat <<'TEXT'
./dev VERB [options]     each verb installs the packages it lacks (apt-get, as root or through sudo), then builds

  run [ARGS…]            build, then run `ambassador demo`; with ARGS: `ambassador ARGS…`
  build                  build/release/ambassador
    --single-files       compile each file alone, to find missing includes
  test [ARGS…]           all tests of the release build; ARGS go to ctest (-R NAME)
    --preset PRESET      asan-ubsan | tsan: the unit and session tests under that sanitizer
    --all                release, asan-ubsan, tsan, and each fuzzer for 10 s
  docs [--check]         regenerate the configuration reference and the charts' values.schema.json; --check: only compare
  package [--test]       the Debian package, its SBOM and checksums, in build/release/artefacts; --test (as root): install,
                         upgrade and remove it in a Debian of its own
  lint [--since COMMIT]  clang-format, clang-tidy, shellcheck, pyflakes; clang-tidy only for files changed since COMMIT
  format                 let clang-format rewrite the sources
  bench [ARGS…]          load through the ambassador and its peers
  bench micro [ARGS…]    time the operations of a call; ARGS go to Google Benchmark
  bench chaos [ARGS…]    kill and stall upstreams while the proxy reloads and rolls, and measure what an app sees
  bench instructions     count the instructions of operations and calls; fail if there are over 3 % more than the baseline
    --update --reason W  make the counts the new baseline, for the reason W
  fuzz [--seconds N]     each fuzzer for N seconds (60)
  image                  the container images ambassador:VERSION and ambassador-redirect:VERSION, and their sizes
    --test               and run them as a cluster would
    --arch ARCH          amd64 | arm64: cross-compile if this machine is the other
  clean                  remove build/

./dev VERB --help        more on that verb

Examples
  ./dev run                            see the main job
  ./dev run -c ambassador.yaml         run with a configuration
  ./dev test -R route                  the tests whose name has `route`
  ./dev test --preset tsan             look for data races
TEXT
}

help_run() {
  cat <<'TEXT'
./dev run                builds build/release/ambassador and runs `ambassador demo`
./dev run ARGS…          builds it and runs `ambassador ARGS…`

The demo runs until Ctrl-C. Add --once to make its calls and end: ./dev run demo --once

The first run installs compilers and libraries and builds everything: about 4 minutes on two cores. Later runs compile what
changed.

Examples
  ./dev run demo --once
  ./dev run check -c ambassador.yaml
  ./dev run -- --help                  the help of `ambassador` itself
TEXT
}

help_build() {
  cat <<'TEXT'
./dev build                   builds build/release/ambassador
./dev build --single-files    compiles each file of the product and the tests alone, without optimisation, in build/single-files

The other builds join several files into one compilation (a unity build) and use a precompiled header, which compiles
the product in half the CPU time. A file that lacks an #include can hide there. --single-files finds it.
TEXT
}

help_test() {
  cat <<'TEXT'
./dev test [ARGS…]            builds and runs all tests of the release build; ARGS go to ctest
./dev test --preset PRESET    release | asan-ubsan | tsan; under a sanitizer only the unit and session tests
./dev test --all              all presets, and each fuzzer for 10 s

  unit          pure functions, or in-process          session     in-process, real sockets on loopback
  e2e           the binary, with real clients/servers  kubernetes  charts, alerts, inject, the documents

The first run installs the clients and servers of the tests and builds everything: about 15 minutes on two cores.

Examples
  ./dev test -N                        list the tests
  ./dev test -R route                  the tests whose name has `route`
  ./dev test -R e2e.tls --verbose      with all their output
  ./dev test --repeat until-pass:3     run a test that fails again, at most three times
  build/release/tests/unit_route --gtest_filter='Joining.*'    single unit tests, after a build
TEXT
}

help_docs() {
  cat <<'TEXT'
./dev docs            regenerates docs/configuration.md and the charts' values.schema.json from the configuration's schema
./dev docs --check    fails if they are not up to date
TEXT
}

help_package() {
  cat <<'TEXT'
./dev package           makes the Debian package, its SBOM (CycloneDX) and SHA256SUMS in build/release/artefacts
./dev package --test    also installs, starts, upgrades and removes it in a Debian of its own; needs root
TEXT
}

help_lint() {
  cat <<'TEXT'
./dev lint                   clang-format, clang-tidy, shellcheck and pyflakes over the whole tree
./dev lint --since COMMIT    the same, but clang-tidy only for the files of proxy/ that changed since COMMIT

clang-tidy looks at a file again only if the file, a header it reaches, its compile command, .clang-tidy or clang-tidy changed. `./dev format` repairs what
clang-format finds.
TEXT
}

help_format() {
  cat <<'TEXT'
./dev format    lets clang-format rewrite the C++ sources
TEXT
}

help_bench() {
  cat <<'TEXT'
./dev bench [ARGS…]            load through the ambassador, HAProxy, nginx, Squid and tinyproxy: CPU per call, latency, memory
./dev bench micro [ARGS…]      times single operations of a call; ARGS go to Google Benchmark
./dev bench instructions       counts instructions with callgrind and compares with bench/baseline
./dev bench chaos [ARGS…]      kills and stalls upstreams while the proxy reloads and rolls

The options of each:
  ./dev bench --help    ./dev bench instructions --help    ./dev bench chaos --help    (with python3)

Examples
  ./dev bench --quick                             the main scenarios, a few minutes
  ./dev bench --quick --against HEAD~1            this build and that of a commit, interleaved
  ./dev bench instructions --update --reason W    make the counts the new baseline, for the reason W

bench/README.md explains the scenarios and how the figures are made.
TEXT
}

help_fuzz() {
  cat <<'TEXT'
./dev fuzz [--seconds N]    builds the libFuzzer targets with clang and runs each for N seconds (60)

Inputs that fail are kept in build/fuzz/artifacts. Seeds are in tests/fuzz/corpus.
TEXT
}

help_image() {
  cat <<'TEXT'
./dev image                the images ambassador:VERSION and ambassador-redirect:VERSION, with docker if it runs, else with buildah
./dev image --test         builds them with buildah and runs them and the examples as a cluster would; needs root
./dev image --arch ARCH    amd64 | arm64; cross-compiles if this machine is the other
TEXT
}

help_clean() {
  cat <<'TEXT'
./dev clean    removes build/
TEXT
}
