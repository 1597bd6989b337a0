"""The bench's own programs: where they are, and how the upstream is started."""

import pathlib

from harness.errors import BenchError
from harness.process import Server, free_port

BUILT = pathlib.Path(__file__).resolve().parents[2] / "build/bench"


def program(name):
    found = BUILT / name
    if not found.exists():
        raise BenchError(f"{name} is not built: ./dev bench builds it; so does cmake --preset bench, and then "
                         f"cmake --build build/bench --target {name}")
    return str(found)


def start_upstream(run, core, certificates=None):
    """Plain, or in TLS with these certificates."""
    name = "upstream-tls" if certificates else "upstream"
    port, directory = free_port(), pathlib.Path(run) / name
    directory.mkdir()
    files = [str(certificates.certificate), str(certificates.key)] if certificates else []
    return Server(name, [program("ambassador-upstream"), str(port), *files], {core}, port, directory)
