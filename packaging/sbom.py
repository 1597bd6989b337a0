#!/usr/bin/env python3
"""What is in a binary, as a CycloneDX 1.5 document on stdout.

It is asked where the binary was built, for it is the dpkg database there that knows which package a library is from. The
same binary and packages give the same bytes; a time is in it only if SOURCE_DATE_EPOCH is set.
"""

import argparse
import datetime
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import typing
import urllib.parse
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Compiled in from headers, whatever is linked how.
HEADERS = ["libboost1.81-dev", "libcli11-dev"]

# A binary that does not load these has them inside.
RUNTIME = {"libstdc++.so.6": "libstdc++-12-dev", "libc.so.6": "libc6-dev"}

# By Debian's source packages, whose copyright files are not all readable by machine.
LICENCES = {
    "boost1.81": "BSL-1.0",
    "c-ares": "MIT",
    "cli11": "BSD-3-Clause",
    "fmtlib": "MIT",
    "gcc-12": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "glibc": "LGPL-2.1-or-later",
    "openssl": "Apache-2.0",
    "prometheus-cpp": "MIT",
    "spdlog": "MIT",
    "yaml-cpp": "MIT",
    "zlib": "Zlib",
}

# What readelf calls a machine: Debian's name of it, and the directory of its libraries.
MACHINES = {
    "Advanced Micro Devices X86-64": ("amd64", "x86_64-linux-gnu"),
    "AArch64": ("arm64", "aarch64-linux-gnu"),
}


class Package(typing.NamedTuple):
    name: str
    version: str
    arch: str
    source: str


class Failure(Exception):
    """What the user is told; its text says what to do."""


def main():
    parser = argparse.ArgumentParser(description="The binary's bill of materials, as CycloneDX 1.5 JSON on stdout.")
    parser.add_argument("binary", type=pathlib.Path, metavar="BINARY", help="as it is shipped: its SHA-256 is in it")
    parser.add_argument("--version", help="of the binary; else what CMakeLists.txt says")
    parser.add_argument("--static", nargs="+", default=[], metavar="PKG", help="Debian packages that are linked in")
    arguments = parser.parse_args()
    try:
        document = bill(arguments.binary, arguments.version or project_version(), arguments.static)
    except Failure as failure:
        sys.exit(f"sbom.py: {failure}")
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")


def project_version():
    return re.search(r"project\(ambassador VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)


# The document


def bill(binary, version, static):
    arch, triple = machine(binary)
    loaded = closure(binary, triple)
    owners = {soname: owner(path) for soname, path in loaded.items()}
    inside = [*HEADERS, *static, *(package for soname, package in RUNTIME.items() if soname not in loaded)]
    linked = [debian_component(installed(package, arch), "compiled in") for package in dict.fromkeys(inside)] + page_parts()
    libraries = [debian_component(package, "loaded", sonames_of(package, owners)) for package in dict.fromkeys(owners.values())]
    application = {
        "type": "application",
        "bom-ref": f"pkg:generic/ambassador@{version}",
        "name": "ambassador",
        "version": version,
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(read(binary)).hexdigest()}],
        "licenses": [{"license": {"id": "Apache-2.0"}}],
        "purl": f"pkg:generic/ambassador@{version}",
    }

    needs = {component["bom-ref"]: set() for component in [application, *linked, *libraries]}
    needs[application["bom-ref"]] |= {component["bom-ref"] for component in linked}
    for path, reference in [(binary, application["bom-ref"]), *((loaded[soname], purl(owners[soname])) for soname in loaded)]:
        needs[reference] |= {purl(owners[soname]) for soname in needed(path)} - {reference}

    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {**timestamp(), "component": application},
        "components": sorted(linked + libraries, key=lambda component: component["bom-ref"]),
        "dependencies": [{"ref": reference, "dependsOn": sorted(needs[reference])} for reference in sorted(needs)],
    }
    # The same content is the same document.
    serial = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(document, sort_keys=True))
    return {**document, "serialNumber": f"urn:uuid:{serial}"}


def timestamp():
    if "SOURCE_DATE_EPOCH" not in os.environ:
        return {}
    time = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    return {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ")}


def debian_component(package, linkage, sonames=()):
    properties = [("ambassador:linkage", linkage), *(("ambassador:library", soname) for soname in sonames)]
    return {
        "type": "library",
        "bom-ref": purl(package),
        "name": package.name,
        "version": package.version,
        **licence(LICENCES.get(package.source)),
        "purl": purl(package),
        "properties": [{"name": name, "value": value} for name, value in properties],
    }


def page_parts():
    """What the admin page has inside: the npm packages that its lock file names."""
    lock = ROOT / "proxy/admin/page/package-lock.json"
    if not lock.exists():
        return []
    entries = json.loads(lock.read_text())["packages"].items()
    return [npm_component(path, entry) for path, entry in sorted(entries) if path]


def npm_component(path, entry):
    name = path.rpartition("node_modules/")[2]
    reference = f"pkg:npm/{urllib.parse.quote(name, safe='/')}@{entry['version']}"
    return {
        "type": "library",
        "bom-ref": reference,
        "name": name,
        "version": entry["version"],
        **licence(entry.get("license")),
        "purl": reference,
        "properties": [{"name": "ambassador:linkage", "value": "compiled in"}],
    }


def licence(spdx):
    if spdx is None:
        return {}
    return {"licenses": [{"expression": spdx} if " " in spdx else {"license": {"id": spdx}}]}


def purl(package):
    # Advisories are kept by source package: `upstream` is where scanners look for it.
    qualifiers = {"arch": package.arch, "distro": distribution()}
    if package.source != package.name:
        qualifiers["upstream"] = package.source
    query = "&".join(f"{key}={quoted(value)}" for key, value in qualifiers.items())
    return f"pkg:deb/debian/{quoted(package.name)}@{quoted(package.version)}?{query}"


def quoted(text):
    return urllib.parse.quote(text, safe="~:")


def sonames_of(package, owners):
    return sorted(soname for soname in owners if owners[soname] == package)


# The binary


def closure(binary, triple):
    """All that the loader will load: soname to path."""
    found, open_ends = {}, [*needed(binary)]
    while open_ends:
        soname = open_ends.pop()
        if soname not in found:
            found[soname] = library(soname, triple, binary)
            open_ends += needed(found[soname])
    return dict(sorted(found.items()))


def library(soname, triple, binary):
    for directory in [f"/lib/{triple}", f"/usr/lib/{triple}", "/lib64", "/lib", "/usr/lib", f"/usr/{triple}/lib"]:
        path = pathlib.Path(directory, soname)
        if path.exists():
            return path
    raise Failure(f"{soname}, which {binary} loads, is not on this machine: run this where {binary} was built")


@functools.cache
def needed(path):
    """The sonames that it asks for itself."""
    return re.findall(r"\(NEEDED\).*\[(.+)\]", ask("readelf", "--wide", "--dynamic", path))


def machine(binary):
    name = re.search(r"Machine: +(.+)", ask("readelf", "--file-header", binary)).group(1)
    if name not in MACHINES:
        raise Failure(f"{binary} is for {name}; known are {', '.join(MACHINES)}")
    return MACHINES[name]


# The dpkg database


def owner(path):
    """The installed package that a library is from. Where /lib is a link to /usr/lib, dpkg may know it by either name."""
    names = [path, pathlib.Path(str(path).removeprefix("/usr")), pathlib.Path("/usr" + str(path)), path.resolve()]
    for name in names:
        answer = ask("dpkg-query", "--search", name, may_fail=True)
        if answer:
            return described(answer.split(": ")[0])
    raise Failure(f"{path} belongs to no Debian package: what it is cannot be told")


def installed(package, arch):
    for name in [f"{package}:{arch}", f"{package}-{arch}-cross", package]:
        found = described(name)
        if found:
            return found
    raise Failure(f"{package}, which is compiled in, is not installed: run this where the binary was built")


def described(name):
    form = "${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\n"
    for line in ask("dpkg-query", "--show", f"--showformat={form}", name, may_fail=True).splitlines():
        status, *fields = line.split("\t")
        if status == "installed":
            return Package(*fields)
    return None


@functools.cache
def distribution():
    fields = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', read(pathlib.Path("/etc/os-release")).decode(), re.MULTILINE))
    return f"{fields['ID']}-{fields['VERSION_ID']}"


# The machine


def read(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise Failure(f"cannot read {path}: {error.strerror}") from error


@functools.cache
def ask(*command, may_fail=False):
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    except FileNotFoundError as error:
        raise Failure(f"{command[0]} is missing: it is in Debian's binutils or dpkg") from error
    if run.returncode and not may_fail:
        raise Failure(f"{' '.join(map(str, command))} failed: {run.stderr.strip()}")
    return run.stdout if run.returncode == 0 else ""


if __name__ == "__main__":
    main()
