"""Who is measured, in which shapes, and how each is started from its template in bench/peers."""

import dataclasses
import getpass
import os
import pathlib
import re
import shutil
import subprocess

from harness.errors import BenchError
from harness.process import Server, free_port

PEERS = pathlib.Path(__file__).resolve().parents[1] / "peers"


@dataclasses.dataclass(frozen=True)
class Contestant:
    name: str
    shapes: tuple
    template: str          # a file in bench/peers; SHAPE in it stands for the shape
    command: tuple         # CONFIG in it stands for the file made from the template
    version: tuple = ()    # the command that prints its version on the first line
    keeps_connections: bool = True
    logs_to_stdout: bool = False

    def connections(self, scenario):
        """One that opens a connection for each request gets fewer at a time."""
        return scenario.connections if self.keeps_connections else min(scenario.connections, 8)

    def seconds(self, scenario, seconds):
        longest = scenario.seconds(seconds)
        return longest if self.keeps_connections else max(1, longest // 2)

    def note(self):
        return "" if self.keeps_connections else (
            f"{self.name} opens a connection for each request, and is slow: it runs half as long, "
            "at 8 connections where the others have 64")


def ambassador(binary, name="ambassador"):
    return Contestant(name, ("reverse", "forward"), "ambassador-SHAPE.yaml.template",
                      (str(binary), "run", "-c", "CONFIG"), (str(binary), "--version"), logs_to_stdout=True)


PEER_LIST = (
    Contestant("haproxy", ("reverse",), "haproxy.cfg.template", ("haproxy", "-db", "-f", "CONFIG"), ("haproxy", "-v"),
               logs_to_stdout=True),
    Contestant("nginx", ("reverse",), "nginx.conf.template", ("nginx", "-e", "stderr", "-c", "CONFIG"), ("nginx", "-v")),
    Contestant("squid", ("forward",), "squid.conf.template", ("squid", "-N", "-f", "CONFIG"), ("squid", "-v")),
    Contestant("tinyproxy", ("forward",), "tinyproxy.conf.template", ("tinyproxy", "-d", "-c", "CONFIG"),
               ("tinyproxy", "-v"), keeps_connections=False),
)
UPSTREAM = Contestant("upstream", (), "upstream.conf.template", ("nginx", "-e", "stderr", "-c", "CONFIG"))


def version(contestant):
    """The first line of what it says of itself."""
    run = subprocess.run(contestant.version, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=10)
    lines = (run.stdout + run.stderr).strip().splitlines()
    return lines[0].strip() if lines else "unknown"


def check_installed(contestant):
    program = contestant.command[0]
    if shutil.which(program) is None:
        raise BenchError(f"{contestant.name} is not installed: {program} was not found; "
                         "./dev bench installs what it needs, or leave it out with --contestants")


def fill(template, values):
    """The template with every @NAME@ replaced; one without a value is an error in the template."""
    text = (PEERS / template).read_text()
    unknown = set(re.findall(r"@([A-Z_]+)@", text)) - set(values)
    if unknown:
        raise BenchError(f"bench/peers/{template} has a name without a value: {', '.join(sorted(unknown))}")
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


def start(contestant, shape, run, core, upstream_port=0, www=""):
    """A Server in the directory `run`, listening, and the file that its access log goes to."""
    directory = pathlib.Path(run) / f"{contestant.name.replace('/', '_')}-{shape or 'all'}"
    directory.mkdir()
    give_to_squid(directory)
    port, output = free_port(), directory / "output"
    log = output if contestant.logs_to_stdout else directory / "access.log"
    config = directory / contestant.template.replace("SHAPE", shape).removesuffix(".template")
    config.write_text(fill(contestant.template.replace("SHAPE", shape), {
        "PORT": port, "ADMIN_PORT": free_port(), "UPSTREAM_PORT": upstream_port, "RUN": directory, "LOG": log,
        "WWW": www, "USER": getpass.getuser(), "SQUID_USER": squid_user()}))
    command = [str(config) if word == "CONFIG" else word for word in contestant.command]
    errors = sorted(directory.glob("*.err"))
    return Server(contestant.name, command, core, port, output, errors), log


def squid_user():
    """Squid refuses to run as root, and can only change its user as root."""
    return "proxy" if os.geteuid() == 0 else getpass.getuser()


def give_to_squid(directory):
    if os.geteuid() == 0:
        shutil.chown(directory, squid_user())
