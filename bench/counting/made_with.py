"""What decides how many instructions the same source becomes: compiler, libraries, machine."""

import platform
import re
import subprocess

# Debian's packages whose code ends up in a call, or counts it.
PACKAGES = {
    "C library": "libc6",
    "C++ library": "libstdc++6",
    "Boost": "libboost1.81-dev",
    "fmt": "libfmt-dev",
    "spdlog": "libspdlog-dev",
    "prometheus-cpp": "prometheus-cpp-dev",
    "valgrind": "valgrind",
}


def made_with(build):
    """Names and versions, for a build directory that cmake has configured."""
    return {"machine": platform.machine(), "compiler": compiler(build)} | {
        name: package_version(package) for name, package in PACKAGES.items()}


def compiler(build):
    found = next(iter(sorted(build.glob("CMakeFiles/*/CMakeCXXCompiler.cmake"))), None)
    text = found.read_text() if found else ""
    return " ".join(re.findall(r'^set\(CMAKE_CXX_COMPILER_(?:ID|VERSION) "([^"]*)"\)', text, re.MULTILINE)) or "unknown"


def package_version(package):
    try:
        run = subprocess.run(["dpkg-query", "-W", "-f", "${Version}\n", package], capture_output=True, text=True)
    except FileNotFoundError:
        return "unknown"
    return upstream_version(run.stdout.splitlines()[0]) if run.stdout.strip() else "unknown"


def upstream_version(version):
    """Without Debian's epoch, repacking and revision: a security update changes no count by 3 %."""
    without_epoch = version.partition(":")[2] or version
    without_revision = without_epoch.rpartition("-")[0] or without_epoch
    return re.sub(r"\+(ds|dfsg).*$", "", without_revision)
