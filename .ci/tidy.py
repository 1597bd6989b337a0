"""Runs clang-tidy over the files of proxy/ that changed since it last found nothing in them.

tidy.py ROOT JOBS [COMMIT]: needs ROOT/build/lint/compile_commands.json. A file is checked again if the file, a project
header that it reaches, its compile command, .clang-tidy or clang-tidy itself changed. With COMMIT only what
changed since that commit is checked (changed.py).
"""

import concurrent.futures
import hashlib
import json
import pathlib
import subprocess
import sys
import time

root = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(root / "tests/layers"))

from changed import sources_to_check  # noqa: E402  (it finds its import by the line above)
from includes import reached  # noqa: E402

build = root / "build/lint"
proxy = root / "proxy"


def digest(command):
    """What the result for one file depends on."""
    source = pathlib.Path(command["file"])
    hashed = hashlib.sha256(tool_digest + command["command"].encode())
    for path in sorted(reached(source, proxy) | {source}):
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


def stamp_of(command):
    return build / "tidy" / (str(pathlib.Path(command["file"]).relative_to(root)).replace("/", "+") + ".passed")


def is_fresh(command):
    stamp = stamp_of(command)
    return stamp.exists() and stamp.read_text() == digest(command)


def tidy(command):
    """The name, the seconds, and what was found: nothing when the file is clean."""
    begun, key = time.monotonic(), digest(command)
    run = subprocess.run(["clang-tidy", "-p", build, "--quiet", command["file"]], text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    if run.returncode == 0:
        stamp_of(command).parent.mkdir(exist_ok=True)
        stamp_of(command).write_text(key)
    found = run.stdout if run.returncode else ""
    return pathlib.Path(command["file"]).relative_to(root), time.monotonic() - begun, found


version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
tool_digest = version + (root / ".clang-tidy").read_bytes()

commands = json.loads((build / "compile_commands.json").read_text())
ours = [command for command in commands if proxy in pathlib.Path(command["file"]).parents]
if len(sys.argv) > 3 and sys.argv[3]:
    wanted = sources_to_check(root, sys.argv[3], [pathlib.Path(command["file"]) for command in ours])
    ours = [command for command in ours if pathlib.Path(command["file"]) in wanted]
stale = [command for command in ours if pathlib.Path(command["file"]).exists() and not is_fresh(command)]

failed = 0
with concurrent.futures.ThreadPoolExecutor(int(sys.argv[2])) as pool:
    for number, (name, seconds, found) in enumerate(pool.map(tidy, stale), 1):
        print(f"clang-tidy [{number}/{len(stale)}] {name} {seconds:.1f} s", flush=True)
        if found:
            failed += 1
            print(found, flush=True)
print(f"clang-tidy: {len(ours)} files, {len(stale)} looked at, {failed} with findings")
sys.exit(1 if failed else 0)
