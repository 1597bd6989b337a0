"""`./dev lint --since COMMIT` checks what a change touches, and not less."""

import subprocess
import sys

import pytest

from harness import needs
from harness.environment import clean
from reader import documents

sys.path[:0] = [str(documents.PROJECT / ".ci"), str(documents.PROJECT / "tests" / "layers")]

from changed import sources_to_check  # noqa: E402  (they are found by the line above)

FILES = {
    ".clang-tidy": "Checks: '-*'\n",
    "README.md": "read me\n",
    "proxy/net/own.hpp": "int own();\n",
    "proxy/net/own.cpp": '#include "net/own.hpp"\n',
    "proxy/net/alone.hpp": "int alone();\n",
    "proxy/app/first.cpp": '#include "net/alone.hpp"\n',
    "proxy/app/second.cpp": '#include "net/alone.hpp"\n',
    "proxy/app/third.cpp": "int third();\n",
}


class Checkout:
    def __init__(self, root):
        self.root = root
        for name, text in FILES.items():
            self.write(name, text)
        self.git("init", "-q")
        self.commit()

    def git(self, *arguments):
        identity = {f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        subprocess.run([needs.program("git"), "-C", self.root, *arguments], env=clean(identity), check=True)

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "change")

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def checked(self, since="HEAD"):
        sources = sorted((self.root / "proxy").rglob("*.cpp"))
        return [str(path.relative_to(self.root / "proxy")) for path in sorted(sources_to_check(self.root, since, sources))]


@pytest.fixture(name="checkout")
def _checkout(tmp_path):
    return Checkout(tmp_path)


def test_without_a_change_nothing_is_checked(checkout):
    checkout.write("README.md", "another text\n")
    assert checkout.checked() == []


@pytest.mark.parametrize("name, checked", [
    ("proxy/app/third.cpp", ["app/third.cpp"]),
    ("proxy/net/own.cpp", ["net/own.cpp"]),
    ("proxy/net/own.hpp", ["net/own.cpp"]),
    ("proxy/net/alone.hpp", ["app/first.cpp"]),
    (".clang-tidy", ["app/first.cpp", "app/second.cpp", "app/third.cpp", "net/own.cpp"]),
])  # fmt: skip
def test_what_a_changed_file_touches_is_checked(checkout, name, checked):
    checkout.write(name, FILES[name] + "\n")
    assert checkout.checked() == checked
    checkout.commit()
    assert checkout.checked() == []
    assert checkout.checked("HEAD~1") == checked


def test_one_file_that_includes_a_changed_header_is_enough(checkout):
    for name in ("proxy/net/alone.hpp", "proxy/app/second.cpp"):
        checkout.write(name, FILES[name] + "\n")
    assert checkout.checked() == ["app/second.cpp"]


def test_a_file_that_git_does_not_know_yet_is_checked(checkout):
    checkout.write("proxy/app/new.cpp", "int fresh();\n")
    assert checkout.checked() == ["app/new.cpp"]


def test_a_file_that_is_gone_is_not_checked_and_a_renamed_one_is(checkout):
    checkout.git("rm", "-q", "proxy/app/third.cpp")
    checkout.git("mv", "proxy/app/second.cpp", "proxy/app/other.cpp")
    assert checkout.checked() == ["app/other.cpp"]
