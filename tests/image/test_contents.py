"""What is in the image: as little as it takes to run, and all that a scanner needs to judge it."""

import functools
import hashlib
import json
import pathlib
import re
import stat
import subprocess

import pytest
from containers import IMAGE, inspect, need_image

from harness import needs

MAX_SIZE = 15_000_000
SBOM = "usr/share/doc/ambassador/ambassador.sbom.cdx.json"
STATUS = "var/lib/dpkg/status.d"


def files(root):
    return [path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()]


def elf_files(root):
    return [path for path in files(root) if path.read_bytes()[:4] == b"\x7fELF"]


def packages(root):
    """The stanzas of dpkg, by the package's name."""
    found = {}
    for path in (root / STATUS).iterdir():
        if path.suffix != ".md5sums":
            found[path.name] = dict(re.findall(r"^([A-Za-z-]+): (.*)$", path.read_text(), re.MULTILINE))
    return found


def md5sums(root):
    """The files that the packages' lists name: path to sum."""
    lists = (root / STATUS).glob("*.md5sums")
    return {line.split()[1]: line.split()[0] for path in lists for line in path.read_text().splitlines()}


@functools.cache
def readelf(option, path):
    return subprocess.run([needs.program("readelf"), "-W", option, path], capture_output=True, text=True, check=True).stdout


def components(root):
    return json.loads((root / SBOM).read_text())["components"]


# What the image says of itself


def test_is_at_most_15_megabytes():
    need_image(IMAGE)
    size = inspect(IMAGE)["Size"]
    assert size <= MAX_SIZE, f"{size / 1e6:.1f} MB"


def test_says_how_it_is_run():
    need_image(IMAGE)
    image = inspect(IMAGE)
    config = image["Config"]
    assert config["User"] == "1080:1080"
    assert config["Entrypoint"] == ["/ambassador"] and "Cmd" not in config
    assert set(config["ExposedPorts"]) == {"1080/tcp", "9901/tcp"}
    assert config["StopSignal"] in ("SIGTERM", "15")
    assert image["Healthcheck"]["Test"] == ["CMD", "/ambassador", "healthcheck"]


def test_labels_tell_name_version_licence_and_revision():
    need_image(IMAGE)
    labels = {key.removeprefix("org.opencontainers.image."): text for key, text in inspect(IMAGE)["Labels"].items()}
    assert labels["title"] == "ambassador" and labels["licenses"] == "Apache-2.0"
    cmake = pathlib.Path(__file__).parents[2] / "CMakeLists.txt"
    assert f"project(ambassador VERSION {labels['version']} " in cmake.read_text()
    assert re.fullmatch("[0-9a-f]{40}|", labels["revision"])


# As little as it takes


def test_has_one_program_and_no_shell(root):
    executable = {path.relative_to(root) for path in files(root) if path.stat().st_mode & 0o111}
    programs = {path for path in executable if ".so" not in path.name}
    assert programs == {pathlib.Path("ambassador")}
    assert not [path for path in root.rglob("*") if path.name in ("sh", "bash", "dash", "busybox")]


def test_nobody_can_gain_rights_or_write_into_it(root):
    for path in [root, *root.rglob("*")]:
        mode = path.lstat().st_mode
        assert path.is_symlink() or not mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IWOTH), path
        assert (path.lstat().st_uid, path.lstat().st_gid) == (0, 0), path


def test_knows_its_accounts_and_where_names_are_looked_up(root):
    assert "ambassador:x:1080:1080:" in (root / "etc/passwd").read_text()
    assert "ambassador:x:1080:" in (root / "etc/group").read_text()
    assert (root / "etc/nsswitch.conf").read_text() == "hosts: files dns\n"


def test_has_the_public_cas_and_none_of_this_machine(root):
    shipped = (root / "etc/ssl/certs/ca-certificates.crt").read_text()
    assert shipped.count("BEGIN CERTIFICATE") > 100
    for own in pathlib.Path("/usr/local/share/ca-certificates").glob("*.crt"):
        assert own.read_text().strip() not in shipped, own


# What scanners read


def test_each_library_is_of_a_package_that_dpkg_would_know(root):
    sums = md5sums(root)
    for path in elf_files(root):
        place = str(path.relative_to(root))
        if place != "ambassador":
            assert sums[place] == hashlib.md5(path.read_bytes()).hexdigest(), place


def test_every_package_has_its_version_and_its_licence(root):
    known = packages(root)
    assert {"libc6", "libstdc++6", "libssl-dev"} <= set(known) or {"libc6", "libstdc++6", "libssl3"} <= set(known)
    for name, fields in known.items():
        assert fields["Package"] == name and fields["Version"] and fields["Status"] == "install ok installed"
        papers = root / "usr/share/doc" / name
        assert (papers / "copyright").is_file() or (papers / "copyright.gz").is_file(), name
    assert "VERSION_ID=" in (root / "etc/os-release").read_text()


def test_no_package_is_listed_of_which_nothing_is_inside(root):
    listed = {path.name.removesuffix(".md5sums") for path in (root / STATUS).glob("*.md5sums")} | {"ca-certificates"}
    compiled_in = {part["name"] for part in components(root) if {"name": "ambassador:linkage", "value": "compiled in"} in part["properties"]}
    assert set(packages(root)) == listed | (compiled_in & set(packages(root)))


def test_the_sbom_lists_each_library_with_its_version(root):
    versions = {part["name"]: part["version"] for part in components(root)}
    for name, fields in packages(root).items():
        if name not in ("base-files", "ca-certificates"):
            assert versions[name] == fields["Version"]
    named = {entry["value"] for part in components(root) for entry in part["properties"] if entry["name"] == "ambassador:library"}
    assert named == {path.name for path in elf_files(root)} - {"ambassador"}


def test_the_sbom_is_of_this_very_binary(root):
    hashes = json.loads((root / SBOM).read_text())["metadata"]["component"]["hashes"]
    assert hashes == [{"alg": "SHA-256", "content": hashlib.sha256((root / "ambassador").read_bytes()).hexdigest()}]


# Hardening


@pytest.mark.parametrize(
    "option, pattern",
    [
        ("-h", r"Type: +DYN \(Position-Independent"),
        ("-l", r"GNU_RELRO"),
        ("-l", r"GNU_STACK .* RW +0x"),
        ("-d", r"FLAGS_1.* NOW PIE"),
        ("--dyn-syms", r"__stack_chk_fail"),
        ("--dyn-syms", r"__\w+_chk@"),
    ],
)
def test_the_binary_is_hardened(root, option, pattern):
    assert re.search(pattern, readelf(option, root / "ambassador"))


def test_control_flow_is_protected(root):
    # endbr64 and paciasp: where functions may be entered. Debian's archives and start files have none, so nothing marks the
    # binary as a whole.
    marks = {"X86-64": b"\xf3\x0f\x1e\xfa", "AArch64": b"\x3f\x23\x03\xd5"}
    machine = next(name for name in marks if name in readelf("-h", root / "ambassador"))
    assert (root / "ambassador").read_bytes().count(marks[machine]) > 1000


def test_libraries_are_looked_for_in_the_systems_places_alone(root):
    assert not re.search("RPATH|RUNPATH", readelf("-d", root / "ambassador"))


def test_no_segment_is_writable_and_executable(root):
    for path in elf_files(root):
        assert not re.search(r"LOAD .* RWE ", readelf("-l", path)), path
