"""A Debian of its own for a package to be installed into: made once by mmdebstrap, kept under build/, and booted in a container
that writes to memory. Whatever a test does there is gone with it, and nothing of this machine is touched."""

import hashlib
import os
import pathlib
import re
import signal
import subprocess
import time

from harness.environment import clean
from harness.needs import missing, program

BOOT = 60.0  # until its systemd says that it runs
COMMAND = 120.0  # of one command in it, a start or an upgrade of the service included
MAKE = 600.0  # until the Debian is there
MOUNTED = "/mnt/packages"


def debian(deb, directory):
    """The root of a Debian that has what the package depends on. Another package, or another list, another root."""
    program("mmdebstrap")
    if os.geteuid() != 0:
        missing("root", "a container is booted")
    depends = subprocess.run(["dpkg-deb", "--field", deb, "Depends"], capture_output=True, text=True, check=True).stdout
    packages = ",".join(["systemd", "systemd-sysv", *sorted(re.findall(r"(?:^|, )([\w.+-]+)", depends.strip()))])
    root = directory / f"debian-{hashlib.sha256(packages.encode()).hexdigest()[:12]}"
    if not root.exists():
        directory.mkdir(parents=True, exist_ok=True)
        unfinished = root.with_suffix(".unfinished")
        subprocess.run(["rm", "-rf", unfinished], check=True)
        subprocess.run([program("mmdebstrap"), "--variant=minbase", f"--include={packages}", "bookworm", unfinished],
                       env=clean(), stdin=subprocess.DEVNULL, timeout=MAKE, check=True)  # fmt: skip
        unfinished.rename(root)
    return root


class Machine:
    """Booted, with the packages of a directory to be read at MOUNTED, and a network of its own that is loopback alone."""

    def __init__(self, root, packages):
        # Where systemd does not run the machine, there is nobody to ask for a scope.
        alone = [] if pathlib.Path("/run/systemd/system").exists() else ["--keep-unit"]
        command = [program("systemd-nspawn"), "--quiet", "--boot", "--volatile=overlay", "--private-network", "--register=no", *alone,
                   f"--directory={root}", f"--bind-ro={packages}:{MOUNTED}", "--console=pipe", f"--machine=ambassador-{os.getpid()}"]  # fmt: skip
        self._nspawn = subprocess.Popen(command, env=clean(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
        try:
            self._leader = until(self._find_leader, BOOT, "the container did not start")
            until(self._is_up, BOOT, "its systemd did not start")
        except BaseException:
            self.end()
            raise

    def _find_leader(self):
        """Its first process, as this machine counts."""
        assert self._nspawn.poll() is None, f"systemd-nspawn ended with {self._nspawn.returncode}"
        for pid in pathlib.Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text().split():
            if re.search(r"^NSpid:\s+\d+\s+1$", pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE):
                return pid
        return None

    def _is_up(self):
        return self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded")

    def run(self, *command, check=True, text=None):
        """One command in it, to its end."""
        return self._enter(["--all"], command, check, text)

    def beside(self, *command, check=True):
        """One command of this machine, in the other's network."""
        return self._enter(["--net"], command, check)

    def start_beside(self, *command):
        """A server of this machine in the other's network, until the test ends it."""
        return subprocess.Popen(self._nsenter(["--net"], command), env=clean(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)  # fmt: skip

    def _enter(self, namespaces, command, check, text=None):
        done = subprocess.run(self._nsenter(namespaces, command), env=clean({"DEBIAN_FRONTEND": "noninteractive"}), input=text or "",
                              timeout=COMMAND, capture_output=True, text=True, check=False)  # fmt: skip
        assert not check or done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done

    def _nsenter(self, namespaces, command):
        return [program("nsenter"), f"--target={self._leader}", *namespaces, "--", *map(str, command)]

    def write(self, path, text):
        self.run("tee", path, text=text)

    def show(self, unit, name):
        """One property of a unit."""
        return self.run("systemctl", "show", "--value", f"--property={name}", unit).stdout.strip()

    def end(self):
        # To nspawn it means: have the machine halt. What does not listen to that is killed, its first process included.
        self._nspawn.send_signal(signal.SIGTERM)
        try:
            self._nspawn.wait(20)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait()


def until(ask, seconds, why):
    """What it answers, once that is something."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, why
        time.sleep(0.05)
    return answer
