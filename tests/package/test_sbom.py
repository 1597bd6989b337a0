"""The bill of materials names what the binary loads and what it has inside, and is what CycloneDX says it is."""

import hashlib
import json
import re
import shutil
import subprocess

import pytest

from conftest import HERE
from harness.ambassador import BINARY
from harness.environment import clean
from harness.needs import missing, program

NAME = "ambassador.sbom.cdx.json"


@pytest.fixture(name="bill", scope="module")
def _bill(artefacts):
    return json.loads((artefacts / NAME).read_text())


@pytest.fixture(name="sbom")
def _sbom(project):
    """sbom(ARGS…) runs the script on them."""

    def run(*args, env=None):
        return subprocess.run(["/usr/bin/python3", project / "packaging/sbom.py", *map(str, args)], env=clean(env), timeout=60,
                              capture_output=True, text=True, check=False)  # fmt: skip

    return run


def test_it_is_cyclonedx_by_its_strict_schema(artefacts, tmp_path):
    program("node")
    if not (HERE / "node_modules/@cyclonedx").is_dir():
        missing("npm @cyclonedx/cyclonedx-library", f"not installed: npm ci --prefix {HERE}")
    wrong = tmp_path / "wrong.json"
    wrong.write_text((artefacts / NAME).read_text().replace('"type": "library"', '"type": "book"'))
    validate = ["node", HERE / "validate.mjs"]
    assert subprocess.run([*validate, wrong], capture_output=True, timeout=60, check=False).returncode == 1
    valid = subprocess.run([*validate, artefacts / NAME], capture_output=True, text=True, timeout=60, check=False)
    assert valid.returncode == 0, valid.stderr


def test_it_is_of_the_binary_in_the_package(bill, deb, tmp_path):
    subprocess.run(["dpkg-deb", "--extract", deb, tmp_path], check=True)
    binary = (tmp_path / "usr/bin/ambassador").read_bytes()
    assert bill["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(binary).hexdigest()}]
    assert (tmp_path / "usr/share/doc/ambassador" / NAME).read_text() == json.dumps(bill, indent=2) + "\n"


def test_every_library_that_the_loader_takes_is_in_it_with_its_package(bill, artefacts):
    loaded = set(re.findall(r"^\s+(lib\S+) =>", subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True).stdout,
                            re.MULTILINE))  # fmt: skip
    named = {pair["value"] for part in bill["components"] for pair in part.get("properties", []) if pair["name"] == "ambassador:library"}
    assert loaded and loaded <= named
    for part in bill["components"]:
        if part["purl"].startswith("pkg:deb/"):
            version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", part["name"]], capture_output=True, text=True, check=True)
            assert part["version"] == version.stdout
            assert part["purl"].startswith("pkg:deb/debian/") and "&distro=debian-" in part["purl"]
        assert part["licenses"]


def test_what_is_compiled_in_is_in_it(bill):
    inside = {part["name"] for part in bill["components"] if {"name": "ambassador:linkage", "value": "compiled in"} in part["properties"]}
    assert {"libboost1.81-dev", "libcli11-dev", "uplot"} <= inside


def test_a_binary_that_loads_nothing_has_its_libraries_inside(sbom, tmp_path):
    source = tmp_path / "nothing.cpp"
    source.write_text("int main() {}\n")
    subprocess.run([program("g++"), "-static", "-o", tmp_path / "nothing", source], check=True, timeout=60)
    bill = json.loads(sbom(tmp_path / "nothing", "--version", "7", "--static", "libssl-dev").stdout)
    names = {part["name"] for part in bill["components"]}
    assert {"libssl-dev", "libc6-dev", "libstdc++-12-dev"} <= names and "libc6" not in names
    assert bill["metadata"]["component"]["version"] == "7"


def test_the_same_binary_gives_the_same_bytes_and_another_one_another_number(sbom, tmp_path):
    binary = tmp_path / "ambassador"
    shutil.copy(BINARY, binary)
    first = sbom(binary).stdout
    assert first == sbom(binary).stdout and '"timestamp"' not in first
    dated = sbom(binary, env={"SOURCE_DATE_EPOCH": "86400"}).stdout
    assert '"timestamp": "1970-01-02T00:00:00Z"' in dated
    with binary.open("ab") as end:
        end.write(b"\0")
    assert json.loads(sbom(binary).stdout)["serialNumber"] != json.loads(first)["serialNumber"]


def test_what_cannot_be_told_is_an_error_that_says_so(sbom, tmp_path):
    text = tmp_path / "text"
    text.write_text("no binary\n")
    for args, message in [
        ([text], "failed"),
        ([tmp_path / "nowhere"], "nowhere"),
        ([BINARY, "--static", "libnothing-dev"], "libnothing-dev, which is compiled in, is not installed"),
    ]:
        run = sbom(*args)
        assert run.returncode == 1 and run.stderr.startswith("sbom.py: ") and message in run.stderr
        assert not run.stdout and "Traceback" not in run.stderr


def test_the_sums_are_those_of_the_files(artefacts):
    assert subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=artefacts, capture_output=True, check=False).returncode == 0
    assert {line.split()[1] for line in (artefacts / "SHA256SUMS").read_text().splitlines()} == {
        path.name for path in artefacts.iterdir() if path.name != "SHA256SUMS"
    }
