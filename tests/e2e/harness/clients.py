"""The real clients: what each needs here, and how it makes one GET. Each gives the status and the body it saw."""

import dataclasses
import functools
import os
import re
import subprocess
import tempfile

from harness import environment, needs
from harness.limits import COMMAND
from harness.needs import E2E, PYTHON

PROGRAMS = E2E / "clients"


@dataclasses.dataclass
class Reply:
    status: int
    body: str | None  # None: the client does not show it


def execute(argv, env, check=True, stdin="", cwd=None):
    """A command's result, its output as text."""
    done = subprocess.run(
        [str(part) for part in argv], env=env, cwd=cwd, timeout=COMMAND, input=stdin, capture_output=True, encoding="utf-8",
        check=False)  # fmt: skip
    assert not check or done.returncode == 0, f"{argv} ended with {done.returncode}:\n{done.stderr}"
    return done


def printed(argv, port, url):
    """For the programs beside this file: the status on the first line, then the body."""
    output = execute([*argv, url], environment.through_proxy(port)).stdout
    status, _, body = output.partition("\n")
    return Reply(int(status), body)


def curl(port, url, *options):
    argv = [needs.program("curl"), "-sS", "-w", "\n%{http_code}", *options, url]
    body, _, status = execute(argv, environment.through_proxy(port)).stdout.rpartition("\n")
    return Reply(int(status), body)


def curl_offering_h2c(port, url):
    return curl(port, url, "--http2")


def curl_direct(port, url, *options):
    return curl(port, url, "--noproxy", "*", *options)


def curl_direct_offering_h2c(port, url):
    return curl(port, url, "--noproxy", "*", "--http2")


def wget(port, url):
    argv = [needs.program("wget"), "-S", "-t", "1", "--content-on-error", "-O", "-", url]
    done = execute(argv, environment.through_proxy(port), check=False)
    return Reply(status_in(done.stderr), done.stdout)


def busybox_wget(port, url):
    proxy = {"https_proxy": f"http://127.0.0.1:{port}"}
    argv = [needs.program("busybox"), "wget", "-S", "-O", "-", url]
    done = execute(argv, environment.through_proxy(port) | proxy, check=False)
    refused = re.search(r"server returned error: HTTP/1.1 (\d+)", done.stderr)
    return Reply(int(refused.group(1)), None) if refused else Reply(status_in(done.stderr), done.stdout)


def status_in(text):
    """The last status line that a client shows."""
    found = re.findall(r"^\s*HTTP/1\.[01] (\d{3})", text, re.MULTILINE)
    assert found, f"no status line in:\n{text}"
    return int(found[-1])


def python(script, module=None):
    def call(port, url):
        if module:
            needs.python_module(module)
        return printed([PYTHON, PROGRAMS / script], port, url)

    return call


def node(script, module=None):
    def call(port, url):
        if module:
            needs.node_module(module)
        return printed([needs.program("node"), PROGRAMS / script], port, url)

    return call


def go(port, url):
    return printed([go_program()], port, url)


@functools.cache
def _built():
    """A folder for what is compiled, gone at the end."""
    return tempfile.TemporaryDirectory(prefix="ambassador-e2e-")


@functools.cache
def go_program():
    compiler = needs.program("go")
    path = os.path.join(_built().name, "client")
    settings = {"GO111MODULE": "off", "CGO_ENABLED": "0"}
    execute([compiler, "build", "-o", path, PROGRAMS / "main.go"], environment.clean(settings))
    return path


@functools.cache
def _java_classes():
    execute([needs.program("javac"), "-d", _built().name, PROGRAMS / "Client.java"], environment.clean())
    return _built().name


def java(port, url, *options):
    return printed([needs.program("java"), "-XX:TieredStopAtLevel=1", *options, "-cp", _java_classes(), "Client"], port, url)


def java_by_proxy(port, url):
    return java(port, url, "-Dhttp.proxyHost=127.0.0.1", f"-Dhttp.proxyPort={port}", "-Dhttp.nonProxyHosts=")


def ruby(port, url):
    return printed([needs.program("ruby"), PROGRAMS / "client.rb"], port, url)


def php(port, url):
    needs.php_extension("curl")
    return printed([needs.program("php"), PROGRAMS / "client.php"], port, url)


def perl(port, url):
    needs.perl_module("LWP::UserAgent")
    return printed([needs.program("perl"), PROGRAMS / "client.pl"], port, url)
