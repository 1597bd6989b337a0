"""Runs a program under callgrind, and reads how many instructions it counted."""

import os
import re
import shutil

from harness.errors import BenchError

# The C library has a memcpy and a strlen for each kind of processor. Without these it takes the plain ones, and so the counts
# are the same on every x86-64 machine. Binding every symbol at the start leaves none to the first call of a function.
LEFT_OUT = ("AVX512F", "AVX512VL", "AVX512BW", "AVX2", "AVX_Fast_Unaligned_Load", "ERMS", "FSRM", "SSSE3", "SSE4_1", "SSE4_2",
            "BMI1", "BMI2", "LZCNT")
ENVIRONMENT = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=" + ",".join(f"-{feature}" for feature in LEFT_OUT),
    "LD_BIND_NOW": "1",
}


def check_installed():
    if shutil.which("valgrind") is None:
        raise BenchError("valgrind is not installed, and nothing else counts instructions the same way each time; "
                         "./dev bench instructions installs it, or: apt-get install valgrind")


def command(dump, *program):
    """What to start: `program`, whose dumps go to the file `dump`, and `dump`.1, .2 … where it asks for dumps itself."""
    # Names in full: a compressed one is only explained in the program's first dump.
    return ["valgrind", "--tool=callgrind", "--compress-strings=no", f"--callgrind-out-file={dump}", *map(str, program)]


def environment():
    """Nothing of the caller's, which could configure the ambassador, but where programs are."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin")} | ENVIRONMENT


def total(text):
    """The instructions that a dump counted."""
    found = re.search(r"^totals: (\d+)$", text, re.MULTILINE)
    if found is None:
        raise BenchError("callgrind wrote a dump without totals: it was ended before it could finish")
    return int(found.group(1))


def name(text):
    """What the program called the dump when it asked for it."""
    found = re.search(r"^desc: Trigger: Client Request: (.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else None


def file_name(name):
    """Of the dump of what is called so."""
    return re.sub(r"[^0-9A-Za-z]+", "-", name)
