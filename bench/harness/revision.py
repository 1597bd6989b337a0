"""Builds another revision of the ambassador, to be measured beside this one."""

import os
import pathlib
import subprocess

from harness.errors import BenchError


def build(root, revision):
    """The short name of the revision, and its binary. Built once under build/revisions; kept for the next time."""
    commit = git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}",
                 failure=f"git knows no revision {revision}")
    short = commit[:10]
    tree = pathlib.Path(root) / "build/revisions" / short
    binary = tree / "build/release/ambassador"
    if not binary.exists():
        git(root, "worktree", "prune", failure="git could not forget old work trees")
        if not tree.exists():
            git(root, "worktree", "add", "--detach", str(tree), commit, failure=f"git could not check out {short}")
        print(f"bench: building {revision} ({short}) in {tree}", flush=True)
        run(["cmake", "--preset", "release", "-DAMBASSADOR_TESTS=OFF"], tree)
        run(["cmake", "--build", "build/release", "--target", "ambassador", "--parallel", str(os.cpu_count())], tree)
    return short, binary


def present(root):
    """What is checked out, and whether it was changed since."""
    try:
        return git(root, "describe", "--always", "--dirty", failure="")
    except BenchError:
        return "a revision that git does not know"


def git(root, *arguments, failure):
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True)
    if done.returncode:
        raise BenchError(f"{failure}\n{done.stderr}".rstrip())
    return done.stdout.strip()


def run(command, directory):
    done = subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise BenchError(f"{' '.join(command)} failed in {directory}:\n{done.stdout[-3000:]}")
