"""The reading of a README as a script: what differs from it is found."""

import re

import pytest

from harness.environment import SYSTEM_PATH

from walkthrough import Shell, fits, steps, walk


@pytest.mark.parametrize(("expected", "output"), [
    ("one\ntwo\n", "one\ntwo"),
    ("at … ms\n", "at 12 ms"),
    ("first\n…\nlast\n", "first\na\nb\nlast"),
    ("first\n…\nlast\n", "first\nlast"),
    ("a.b* [x]\n", "a.b* [x]"),
    ("web-…  2/2   …\n", "web-12345   2/2     5s"),
])  # fmt: skip
def test_what_is_as_expected_fits(expected, output):
    assert fits(expected, output)


@pytest.mark.parametrize(("expected", "output"), [
    ("one\n", "one\ntwo"),
    ("one\ntwo\n", "two"),
    ("at … ms\n", "at 12\n ms"),
    ("first\n…\nlast\n", "first\na"),
    ("a.b\n", "axb"),
    ("a  b\n", "a b"),
    ("a b\n", "a  b"),
])  # fmt: skip
def test_what_is_not_as_expected_does_not_fit(expected, output):
    assert not fits(expected, output)


def test_a_text_belongs_to_the_commands_before_it():
    found = steps("```sh\nfirst\n```\nwords\n```yaml\nx: 1\n```\n```text\nits output\n```\n```sh\nsecond\n```\n")
    assert [(step.commands, step.expected, step.line) for step in found] == [("first\n", "its output\n", 1), ("second\n", None, 11)]


def test_a_text_without_commands_is_a_mistake():
    with pytest.raises(AssertionError, match="line 4: a text block after no sh block"):
        steps("# t\n\nwords\n```text\nx\n```\n")


@pytest.fixture(name="bash")
def _bash(tmp_path):
    shell = Shell([], {"PATH": SYSTEM_PATH}, tmp_path)
    yield shell
    shell.close()


def test_one_shell_runs_all_of_it(bash, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("```sh\nx=1 && false || cd /\n```\n```sh\necho $x; pwd; (exit 3)\n```\n```text\n1\n/\n```\n")
    walk(readme, bash)


@pytest.mark.parametrize(("block", "said"), [
    ("```sh\nfalse\n```\n", "README.md:1: ended with 1"),
    ("```sh\necho b\n```\n```text\na\n```\n", "README.md:1: echo b\n\nexpected\na\n\nand there came\nb"),
])  # fmt: skip
def test_a_step_that_is_not_as_it_says_is_told(bash, tmp_path, block, said):
    readme = tmp_path / "README.md"
    readme.write_text(block)
    with pytest.raises(AssertionError, match=re.escape(said)):
        walk(readme, bash)


def test_what_only_looks_is_looked_at_until_it_fits(bash, tmp_path):
    (tmp_path / "curl").write_text("#!/bin/sh\necho x >>seen; wc -l <seen\n")
    (tmp_path / "curl").chmod(0o755)
    readme = tmp_path / "README.md"
    readme.write_text(f"```sh\nPATH={tmp_path}:$PATH\n```\n```sh\ncurl -s page\n```\n```text\n3\n```\n")
    walk(readme, bash)
