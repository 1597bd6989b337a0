"""What is in the package, and in what form."""

import os
import re
import subprocess

import pytest

from conftest import PROJECT
from harness.ambassador import BINARY
from harness.environment import clean
from harness.needs import program

FILES = """
    etc/ambassador/ambassador.yaml
    usr/bin/ambassador
    usr/lib/systemd/system/ambassador.service
    usr/share/bash-completion/completions/ambassador
    usr/share/doc/ambassador/CHANGELOG.md
    usr/share/doc/ambassador/NOTICE
    usr/share/doc/ambassador/README.md
    usr/share/doc/ambassador/ambassador.sbom.cdx.json
    usr/share/doc/ambassador/changelog.gz
    usr/share/doc/ambassador/copyright
    usr/share/doc/ambassador/docs/configuration.md
    usr/share/doc/ambassador/docs/images/idea.svg
    usr/share/doc/ambassador/docs/images/page.png
    usr/share/doc/ambassador/examples/sidecar-numbers.yaml
    usr/share/doc/ambassador/schema.json
    usr/share/fish/vendor_completions.d/ambassador.fish
    usr/share/man/man1/ambassador.1.gz
    usr/share/man/man5/ambassador.yaml.5.gz
    usr/share/zsh/vendor-completions/_ambassador
""".split()
"""Each of these is there; more documentation may be."""


def said(*command, **options):
    return subprocess.run([program(command[0]), *map(str, command[1:])], env=clean(), capture_output=True, text=True, timeout=120,
                          check=True, **options).stdout  # fmt: skip


@pytest.fixture(name="tree", scope="module")
def _tree(deb, tmp_path_factory):
    """The package, unpacked."""
    directory = tmp_path_factory.mktemp("tree")
    said("dpkg-deb", "--extract", deb, directory)
    return directory


def field(deb, name):
    return said("dpkg-deb", "--field", deb, name).strip()


def test_debians_own_check_finds_no_fault(deb):
    command = [program("lintian"), "--allow-root", "--fail-on=error,warning", "--tag-display-limit=0", deb]
    checked = subprocess.run(command, env=clean(), capture_output=True, text=True, timeout=120, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_file_is_where_it_is_looked_for_and_is_owned_by_root(deb, tree):
    assert [name for name in FILES if not (tree / name).is_file()] == []
    lines = said("dpkg-deb", "--contents", deb).splitlines()
    assert {line.split()[1] for line in lines} == {"root/root"}
    executable = [line.split()[-1] for line in lines if line.startswith("-rwx")]
    assert executable == ["./usr/bin/ambassador"]
    assert {line.split()[0] for line in lines} == {"drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x"}


def test_it_depends_on_the_packages_of_the_libraries_that_it_loads(deb):
    assert field(deb, "Architecture") == said("dpkg", "--print-architecture").strip()
    assert field(deb, "Version") == said(BINARY, "--version").split()[1]
    depends = re.findall(r"(?:^|, )([\w.+-]+)", field(deb, "Depends"))
    assert {"adduser", "libc6", "libssl3", "libc-ares2", "libyaml-cpp0.7"} <= set(depends)


def test_the_configuration_is_the_administrators_and_right_as_it_stands(deb, tree):
    said("dpkg-deb", "--control", deb, tree / "control")
    assert (tree / "control/conffiles").read_text() == "/etc/ambassador/ambassador.yaml\n"
    assert ": ok: " in said(BINARY, "check", "-c", tree / "etc/ambassador/ambassador.yaml")


def test_the_binary_is_stripped_and_does_what_ours_does(tree):
    assert ".symtab" not in said("readelf", "--wide", "--sections", tree / "usr/bin/ambassador")
    assert said(tree / "usr/bin/ambassador", "schema") == said(BINARY, "schema")


def test_the_changelog_is_in_debians_form_and_begins_with_this_version(deb, tree):
    unpacked = tree / "changelog"
    unpacked.write_text(said("zcat", tree / "usr/share/doc/ambassador/changelog.gz"))
    assert said("dpkg-parsechangelog", "--file", unpacked, "--show-field", "Version").strip() == field(deb, "Version")
    assert said("dpkg-parsechangelog", "--file", unpacked, "--show-field", "Changes").count("\n  * ") > 5


def test_the_same_build_gives_the_same_bytes(artefacts, deb, tmp_path):
    package = deb.read_bytes()
    # The first member's time, in the form of ar(5).
    time = package[24:36].decode().strip()
    subprocess.run([program("cpack"), "--config", artefacts.parent / "CPackConfig.cmake", "-B", tmp_path], cwd=PROJECT, timeout=120,
                   env={**os.environ, "SOURCE_DATE_EPOCH": time}, capture_output=True, check=True, umask=0o022)  # fmt: skip
    assert (tmp_path / deb.name).read_bytes() == package
