"""The oldest supported tools are Debian 12's own: nothing that npm installs asks for a newer Node."""

import json
import re

import pytest

from reader import documents

NODE = (18, 20)
LOCKS = sorted([*documents.PROJECT.glob("tests/*/package-lock.json"), *documents.PROJECT.glob("proxy/*/package-lock.json")])
BOUND = re.compile(r"(>=|<=|>|<|\^|~|=)?\s*v?(\d+)(?:\.(\d+|x|\*))?[.\dx*]*")


def takes(wanted, version=NODE):
    """Whether a range of npm's, such as `^16.14.0 || >=18.0.0`, has some release of this major and minor version."""
    return any(all(holds(*bound, version) for bound in BOUND.findall(part)) for part in wanted.split("||"))


def holds(relation, major, minor, version):
    named = (int(major), int(minor) if minor.isdigit() else 0)
    if relation in (">=", ">"):
        return version >= named
    if relation in ("<", "<="):
        return version < named or (relation == "<=" and version[0] == named[0])
    return version[0] == named[0] and version >= named


@pytest.mark.parametrize("wanted, taken", [
    (">=18", True), (">= 10", True), ("^16.14.0 || >=18.17.0", True), ("18.x", True), ("*", True), (">=14 <20", True),
    (">=20.0.0", False), ("^20.5.0 || >=22.0.0", False), ("20 || >=22", False), (">=18.21", False), ("<18", False), (">=4 <=16", False),
])  # fmt: skip
def test_ranges_are_understood(wanted, taken):
    assert takes(wanted) == taken


@pytest.mark.parametrize("lock", LOCKS, ids=[str(path.parent.relative_to(documents.PROJECT)) for path in LOCKS])
def test_every_package_runs_on_the_oldest_node(lock):
    packages = json.loads(lock.read_text())["packages"]
    wanted = {name: package.get("engines", {}).get("node", "*") for name, package in packages.items()
              if isinstance(package.get("engines", {}), dict)}  # fmt: skip
    assert len(wanted) > 1
    assert {name: node for name, node in wanted.items() if not takes(node)} == {}
