"""Who is measured, in which shapes, and how each is started from its template in bench/peers."""

import dataclasses
import getpass
import os
import pathlib
import re
import shutil
import subprocess

from harness.errors import BenchError
from harness.process import OUTPUT, Server, free_port
from scenarios.scenarios import SHAPES

PEERS = pathlib.Path(__file__).resolve().parents[1] / "peers"
# One that opens a connection for each call, and is slow, gets so many where the others have 64.
FEW_CONNECTIONS = 8


@dataclasses.dataclass(frozen=True)
class Setting:
    """How a contestant is configured for some scenarios; servers that agree in this are started once."""
    shape: str
    workers: int = 1
    connections: int = 4000    # that it must be able to have, the upstream's included

    @property
    def nginx_connections(self):
        """It ends idle ones as soon as less than a sixteenth of its places are free."""
        return self.connections * 16 // 15 + 16

    @property
    def name(self):
        return f"{self.shape}-w{self.workers}-{self.connections}"


@dataclasses.dataclass(frozen=True)
class Contestant:
    name: str
    shapes: tuple
    template: str              # a file in bench/peers; SHAPE in it stands for the shape
    command: tuple             # CONFIG in it stands for the file made from the template
    version: tuple = ()        # the command that prints its version on the first line
    refusal: str = ""          # the line that makes it refuse all
    tls_in: str = ""           # what makes it listen with TLS
    tls_up: str = ""           # what makes it speak TLS to the upstream, and verify its certificate
    splice: str = ""           # what makes it splice TCP
    closes: tuple = ()         # shapes in which it keeps no connections
    logs_to_stdout: bool = False
    kinds: tuple = ()          # of scenarios that it takes; none: all

    def takes(self, scenario):
        """One that keeps no connections has its own way of serving, and one scenario of a kind shows it."""
        return (scenario.shape in self.shapes and scenario.kind in (self.kinds or (scenario.kind,))
                and (scenario.shape not in self.closes or scenario.connections == 64))

    def connections(self, scenario):
        return FEW_CONNECTIONS if scenario.shape in self.closes else scenario.connections

    def fresh(self, scenario):
        return scenario.fresh or scenario.shape in self.closes

    def note(self):
        return "" if not self.closes else (
            f"{self.name}, {' and '.join(self.closes)}: opens a connection for each call, and is slow: it has "
            f"{FEW_CONNECTIONS} at a time where the others have 64")


def ambassador(binary, name="ambassador"):
    return Contestant(name, tuple(SHAPES), "ambassador-SHAPE.yaml.template",
                      (str(binary), "run", "-c", "CONFIG"), (str(binary), "--version"), logs_to_stdout=True)


PEER_LIST = (
    Contestant("haproxy", ("reverse", "refuse", "tls-up", "tls-in", "tcp"), "haproxySHAPE.cfg.template",
               ("haproxy", "-db", "-f", "CONFIG"), ("haproxy", "-v"), refusal="http-request deny", tls_in="ssl crt @PAIR@",
               tls_up="ssl verify required ca-file @CA@ sni str(localhost) verifyhost localhost",
               splice="option splice-auto", logs_to_stdout=True),
    # By itself it does not think that calls and answers are worth a pipe.
    Contestant("haproxy-splice", ("tcp",), "haproxySHAPE.cfg.template", ("haproxy", "-db", "-f", "CONFIG"), ("haproxy", "-v"),
               splice="option splice-request\n  option splice-response", logs_to_stdout=True),
    Contestant("nginx", ("reverse", "refuse", "tls-up", "tls-in", "tcp"), "nginxSHAPE.conf.template",
               ("nginx", "-e", "stderr", "-c", "CONFIG"), ("nginx", "-v"), refusal="return 403;", tls_in="ssl",
               tls_up="proxy_ssl_verify on; proxy_ssl_trusted_certificate @CA@; proxy_ssl_name localhost; "
                      "proxy_ssl_server_name on;"),
    Contestant("squid", ("forward", "refuse-forward", "tunnel"), "squid.conf.template", ("squid", "-N", "-f", "CONFIG"),
               ("squid", "-v"), refusal="http_access deny all"),
    Contestant("tinyproxy", ("forward", "tunnel"), "tinyproxy.conf.template", ("tinyproxy", "-d", "-c", "CONFIG"),
               ("tinyproxy", "-v"), closes=("forward",)),
)
# The upstream without a proxy before it: what is left is what a proxy adds.
DIRECT = Contestant("direct", ("reverse",), "", ("ambassador-upstream",), kinds=("latency",))


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


def template_of(contestant, shape):
    """What refuses all is configured for both forms of a request by the same file, and what allows both for CONNECT too. A
    peer that has one file for HTTP has another for TCP."""
    own = {"refuse-forward": "refuse", "tunnel": "forward"}.get(shape, shape)
    return contestant.template.replace("-SHAPE", f"-{own}").replace("SHAPE", "-tcp" if own == "tcp" else "")


def start(contestant, setting, run, cores, upstream_port, certificates):
    """A Server in a directory of its own under `run`, and the file that its access log goes to."""
    directory = pathlib.Path(run) / f"{contestant.name.replace('/', '_')}-{setting.name}"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    give_to_squid(directory)
    port = free_port()
    log = directory / OUTPUT if contestant.logs_to_stdout else directory / "access.log"
    template = template_of(contestant, setting.shape)
    config = directory / template.removesuffix(".template")
    # First come those that have names of others in them.
    config.write_text(fill(template, {
        "TLS_IN": contestant.tls_in if setting.shape == "tls-in" else "",
        "TLS_UP": contestant.tls_up if setting.shape == "tls-up" else "",
        "SPLICE": contestant.splice, "UPSTREAM_SCHEME": "https" if setting.shape == "tls-up" else "http",
        "CA": certificates.ca, "CERTIFICATE": certificates.certificate, "KEY": certificates.key, "PAIR": certificates.pair,
        "PORT": port, "ADMIN_PORT": free_port(), "SPARE_PORT": free_port(), "UPSTREAM_PORT": upstream_port, "RUN": directory,
        "LOG": log,
        "WORKERS": setting.workers, "CONNECTIONS": setting.connections, "NGINX_CONNECTIONS": setting.nginx_connections,
        "REFUSAL": contestant.refusal if setting.shape.startswith("refuse") else "",
        "USER": getpass.getuser(), "SQUID_USER": squid_user()}))
    command = [str(config) if word == "CONFIG" else word for word in contestant.command]
    return Server(contestant.name, command, cores, port, directory), log


def squid_user():
    """Squid refuses to run as root, and can only change its user as root."""
    return "proxy" if os.geteuid() == 0 else getpass.getuser()


def give_to_squid(directory):
    if os.geteuid() == 0:
        shutil.chown(directory, squid_user())
