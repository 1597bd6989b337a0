"""Which files of proxy/ clang-tidy has to check after a change."""

import subprocess

from includes import reached


def sources_to_check(root, commit, sources):
    """Those of `sources` that the changes since `commit` touch: the changed files, and for a changed header the file of the
    same name, or else one that includes it. All of them if .clang-tidy changed."""
    changed = changed_since(root, commit)
    return set(sources) if root / ".clang-tidy" in changed else touched(changed, sources, root / "proxy")


def changed_since(root, commit):
    """The paths that differ from the commit. Files that git does not know yet count as changed."""
    names = git_names(root, "diff", "--name-only", "--no-relative", commit, "--", "proxy", ".clang-tidy")
    names += git_names(root, "ls-files", "--others", "--exclude-standard", "--", "proxy")
    return {root / name for name in names}


def git_names(root, command, *arguments):
    done = subprocess.run(["git", "-C", root, command, "-z", *arguments], capture_output=True, check=True, text=True)
    return done.stdout.split("\0")[:-1]


def touched(changed, sources, proxy):
    found = changed & set(sources)
    for header in sorted(path for path in changed if path.suffix == ".hpp"):
        own = header.with_suffix(".cpp")
        including = [own] if own in sources else [source for source in sorted(sources) if header in reached(source, proxy)]
        if not found.intersection(including):
            found.update(including[:1])
    return found
