"""Where a reader's commands are run: a copy of the project, its binary on the PATH, and a network of its own in which all
ports are free, the names that the document speaks of lead to a server that answers 42, and nothing else is there. A reader
who comes to a document has an ambassador running already, that of the numbers, and a Deployment."""

import os
import re
import shutil

from harness import environment, needs
from harness.ambassador import BINARY
from harness.clients import execute
from harness.limits import READY
from harness.process import Process
from reader.documents import PROJECT

HERE = PROJECT / "tests" / "docs" / "reader"
KUBERNETES = PROJECT / "tests" / "kubernetes"
RUNNING = PROJECT / "config" / "examples" / "sidecar-numbers.yaml"
SERVICES = "127.0.0.10"
TARGET = re.compile(r"(?:https?|tcp)://([\w.-]*[a-z][\w.-]*)")
BLOCKED = 3
SERVES = re.compile(r"(?:\w+=\S+ )*(?:ambassador(?: run)?(?: -.*)?|\./dev run)")


class Place:
    """Until `close`."""

    def __init__(self, directory, document):
        self.directory = directory / "project"
        self.server = None
        self._make_copy()
        hosts = directory / "hosts"
        hosts.write_text(hosts_of(document.text))
        self._environment = environment.clean({"PROJECT": str(PROJECT), "HOME": str(directory)})
        self._environment["PATH"] = f"{HERE / 'programs'}:{self.directory / 'bin'}:{self._environment['PATH']}"
        self._holder = self._namespace(hosts)
        self._services = Process(
            [*self._enter(), needs.PYTHON, HERE / "services.py", SERVICES, "80", "8080"], self._environment, self.directory)
        if not self._services.out.wait_for("ready", READY):
            raise AssertionError(self._services.err.text())
        self.serve(f"ambassador -c {RUNNING}")

    def _make_copy(self):
        self.directory.mkdir()
        for name in ("config", "bench", "docs"):
            (self.directory / name).symlink_to(PROJECT / name)
        (self.directory / "dev").symlink_to(HERE / "programs" / "dev")
        (self.directory / "bin").mkdir()
        (self.directory / "bin" / "ambassador").symlink_to(BINARY)
        shutil.copy(HERE / "deployment.yaml", self.directory)

    def _namespace(self, hosts):
        """Nobody lives there but a process that does nothing."""
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        script = f"ip link set lo up && mount --bind {hosts} /etc/hosts && echo ready && exec sleep infinity"
        argv = [needs.program("unshare"), *as_root, "--net", "--mount", "sh", "-c", script]
        holder = Process(argv, self._environment, self.directory)
        if not holder.out.wait_for("ready", READY):
            holder.end()
            needs.missing("unshare", f"no network of our own can be made here: {holder.err.text()}")
        return holder

    def _enter(self):
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return [needs.program("nsenter"), f"--target={self._holder.pid}", *user, "--net", "--mount", f"--wd={self.directory}"]

    def write(self, block):
        """The file that the block is."""
        (self.directory / block.file).write_text(block.text)

    def run(self, command):
        """What the command prints, on either stream; it must end well."""
        done = self._run(command)
        well = (0, BLOCKED) if command.startswith("ambassador explain") else (0,)
        assert done.returncode in well, f"{command}\nended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def _run(self, command):
        shell = f"set -o pipefail; {{ {command}\n}} 2>&1"
        return execute([*self._enter(), "bash", "-c", shell], self._environment, check=False)

    def serve(self, command):
        """Starts what stays, in place of what was started before."""
        self.stop()
        self.server = Process([*self._enter(), "bash", "-c", command], self._environment, self.directory)
        if not self.server.err.wait_for("admin on", READY):
            raise AssertionError(f"{command}\ndid not start:\n{self.server.err.text()}")

    def stop(self):
        """A document may have ended it already."""
        if self.server:
            self._run("ambassador quit")
            assert self.server.wait() == 0, self.server.err.text()
        self.server = None

    def close(self):
        try:
            self.stop()
        finally:
            self._services.end()
            self._holder.end()


def hosts_of(text):
    """Each host that a URL of the document names is one of ours; localhost is itself."""
    names = sorted(set(TARGET.findall(text)) - {"localhost"})
    return "127.0.0.1 localhost\n::1 localhost\n" + "".join(f"{SERVICES} {name}\n" for name in names)


def stays(command):
    """Whether the command serves until it is ended."""
    return SERVES.fullmatch(command) is not None


