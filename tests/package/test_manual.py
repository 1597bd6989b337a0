"""The manual pages say all that there is, and are in the form that manual pages have."""

import gzip
import json
import re
import subprocess

import pytest

import said_by_help
from harness.ambassador import BINARY
from harness.environment import clean
from harness.needs import program

PAGES = {"ambassador.1": "man1/ambassador.1.gz", "ambassador.yaml.5": "man5/ambassador.yaml.5.gz"}


@pytest.fixture(name="page", scope="module")
def _page(deb, tmp_path_factory):
    """page(NAME): a page of the package, unpacked."""
    directory = tmp_path_factory.mktemp("pages")
    subprocess.run([program("dpkg-deb"), "--extract", deb, directory], check=True)

    def unpack(name):
        path = directory / name
        path.write_bytes(gzip.decompress((directory / "usr/share/man" / PAGES[name]).read_bytes()))
        return path

    return unpack


def said(*command):
    """What a program says, all of it."""
    environment = clean({"LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANROFFSEQ": ""})
    run = subprocess.run([program(command[0]), *map(str, command[1:])], env=environment, stdin=subprocess.DEVNULL, timeout=60,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)  # fmt: skip
    return run.stdout


def test_every_command_and_every_option_is_in_the_manual(page):
    text = page("ambassador.1").read_text()
    for command, options in said_by_help.commands().items():
        assert not command or re.search(rf"^\.It Cm {command}\b", text, re.MULTILINE), f"no command {command}"
        for option in options:
            # mdoc's Fl brings the first dash.
            assert re.search(rf"\bFl {option[1:]}(?![\w-])", text), f"{command} {option}"


def test_every_key_of_the_configuration_is_in_its_manual(page):
    text = page("ambassador.yaml.5").read_text()
    schema = json.loads(subprocess.run([BINARY, "schema"], capture_output=True, check=True, timeout=20).stdout)
    named = {key.replace("[]", "") for key in re.findall(r"^\.It Ic (\S+)$", text, re.MULTILINE)}
    assert named == set(paths(schema))


def paths(schema, prefix=""):
    """The keys below a schema. An entry of a list, and one form of several, have those of the list or the choice."""
    for form in schema.get("anyOf", []):
        yield from paths(form, prefix)
    if "items" in schema:
        yield from paths(schema["items"], prefix)
    for key, below in schema.get("properties", {}).items():
        yield prefix + key
        yield from paths(below, f"{prefix}{key}.")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_fault_that_its_readers_find(page, name):
    path = page(name)
    # A page of another package, and an index of pages that is older than this one, are no faults of this page.
    lint = [line for line in said("mandoc", "-Tlint", "-Wstyle", path).splitlines()
            if "referenced manual not found" not in line and "mandoc.db" not in line]  # fmt: skip
    assert not lint
    assert said("man", "--warnings", "--local-file", path).count("warning:") == 0
    assert re.match(rf'.*: "{name.rpartition(".")[0]} - .+"$', said("lexgrog", path).strip())


def test_the_example_of_the_configuration_holds(page, tmp_path):
    example = re.search(r"^\.Bd -literal -offset indent\n(.*?)^\.Ed", page("ambassador.yaml.5").read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "example.yaml").write_text(example.group(1))
    assert "2 expectations hold" in said(BINARY, "check", "--no-files", "-c", tmp_path / "example.yaml")
