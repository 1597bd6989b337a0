"""The life of a Pod, as the kubelet leads it.

Init containers run in their order, each to success; one with restartPolicy Always is a sidecar: it is waited for until it has
started, and stays. Then the app's containers start together. At the end these are told first; when they are gone, the sidecars,
the last first.
"""

import contextlib
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

from harness import needs
from harness.environment import clean

from cluster import volumes
from cluster.container import Container
from cluster.network import RESOLV_CONF
from cluster.unsupported import only

KEYS = {"initContainers", "containers", "volumes", "restartPolicy", "shareProcessNamespace", "securityContext",
        "automountServiceAccountToken", "terminationGracePeriodSeconds"}  # fmt: skip
TICK = 0.1


class Pod:
    """`owner` is the kind and name of the object that it is made for; `version` tells the Pods of one template from others."""

    def __init__(self, name, template, network, objects, owner, version):
        spec = only(template["spec"], KEYS, f"Pod {name}")
        self.name, self.spec, self.owner, self.version = name, spec, owner, version
        self.labels = template.get("metadata", {}).get("labels", {})
        self.annotations = template.get("metadata", {}).get("annotations", {})
        self.policy = spec.get("restartPolicy", "Always")
        self.grace = spec.get("terminationGracePeriodSeconds", 30)
        self.created = time.monotonic()
        self.security = {key: value for key, value in spec.get("securityContext", {}).items() if key != "sysctls"}
        sysctls = {entry["name"]: entry["value"] for entry in spec.get("securityContext", {}).get("sysctls", ())}
        self.init = [Container(entry, self) for entry in spec.get("initContainers", ())]
        self.apps = [Container(entry, self) for entry in spec["containers"]]
        self.phase = "Pending"  # Running, Succeeded, Failed
        self.initialized = 0  # init containers that have done their part
        self.gone = threading.Event()
        self._ending = threading.Event()
        self._closing = threading.Event()  # nothing is restarted any more, sidecars neither
        self._keepers = []
        self._objects = objects
        self.network = network.pod(name, sysctls)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ambassador-pod-"))
        self.folder.chmod(0o755)
        (self.folder / "resolv.conf").write_text(RESOLV_CONF)
        (self.folder / "hosts").write_text(f"127.0.0.1 localhost\n::1 localhost\n{self.network.address} {name}\n")
        self.volumes = {}
        self._holder = None
        if spec.get("shareProcessNamespace"):
            self._holder = ProcessNamespace()
        threading.Thread(target=self._live, daemon=True).start()
        threading.Thread(target=self._look, daemon=True).start()

    # What is known

    @property
    def processes(self):
        """The process whose process namespace is the Pod's, or None where each container has its own."""
        return self._holder and self._holder.first

    def containers(self):
        return self.init + self.apps

    def container(self, name):
        return next((container for container in self.containers() if container.name == name), None)

    def sidecars(self):
        return [container for container in self.init if container.is_sidecar]

    def ready(self):
        return self.phase == "Running" and not self.ending() and all(each.ready() for each in self.sidecars() + self.apps)

    def ending(self):
        return self._ending.is_set()

    def finished(self):
        return self.phase in ("Succeeded", "Failed")

    def update_volumes(self, objects):
        for volume in self.volumes.values():
            volume.update(objects)

    # What is done

    def end(self):
        """Begins the end; `gone` is set after it."""
        self._ending.set()

    def _live(self):
        try:
            self._wait_for_volumes()
            self._initialize()
            if not self.ending() and self.phase != "Failed":
                self._run_apps()
            self._end_sidecars()
            self._ending.wait()
        finally:
            self._close()

    def _wait_for_volumes(self):
        while volumes.missing(self.spec, self._objects) and not self.ending():
            time.sleep(TICK)
        if not self.ending():
            self.volumes = volumes.make(self.spec, self.folder, self._objects)

    def _initialize(self):
        for container in self.init:
            if self.ending():
                return
            if container.is_sidecar:
                self._keep(container, lambda _: not self._closing.is_set(), self._closing)
                while not container.started() and not self.ending():
                    time.sleep(TICK)
            else:
                keeper = self._keep(container, lambda code: code != 0 and self.policy != "Never", self._ending)
                self._await([container], [keeper])
                if container.exit_code and not self.ending():
                    self.phase = "Failed"
                    return
            self.initialized += 1

    def _run_apps(self):
        self.phase = "Running"
        again = {"Always": lambda _: True, "OnFailure": lambda code: code != 0, "Never": lambda _: False}[self.policy]
        self._await(self.apps, [self._keep(each, again, self._ending) for each in self.apps])
        if not self.ending():
            self.phase = "Failed" if any(each.exit_code for each in self.apps) else "Succeeded"

    def _keep(self, container, again, enough):
        """Runs it, and again as often as `again` says of its exit status, until `enough` is set."""

        def live():
            while not enough.is_set():
                container.start()
                if not again(container.wait()) or enough.wait(container.back_off()):
                    return

        keeper = threading.Thread(target=live, daemon=True)
        keeper.start()
        self._keepers.append(keeper)
        return keeper

    def _await(self, containers, keepers):
        """Until these are over, or the Pod's end begins: then they are told, all at once, and waited for."""
        while any(keeper.is_alive() for keeper in keepers):
            if self._ending.wait(TICK):
                end_together(containers, self.grace)
                time.sleep(TICK)  # one that was just being made is there by then

    def _end_sidecars(self):
        self._closing.set()
        while any(keeper.is_alive() for keeper in self._keepers):
            for container in reversed(self.sidecars()):
                end_together([container], self.grace)
            time.sleep(TICK)

    def _close(self):
        self._ending.set()
        self._closing.set()
        for container in self.containers():
            if container.living():
                container.run.remove()
        if self._holder:
            self._holder.close()
        with contextlib.suppress(subprocess.CalledProcessError):
            self.network.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.gone.set()

    def _look(self):
        while not self.gone.wait(TICK):
            for container in self.containers():
                container.look()


def end_together(containers, grace):
    threads = [threading.Thread(target=each.run.end, args=(grace,)) for each in containers if each.living()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class ProcessNamespace:
    """A process namespace with a first process that does nothing but collect the dead."""

    def __init__(self):
        self._process = subprocess.Popen(
            [needs.program("unshare"), "--pid", "--fork", "--kill-child=KILL", needs.program("catatonit"), "-P"],
            env=clean(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        self.first = self._find()

    def _find(self):
        path = pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        while self._process.poll() is None:
            children = path.read_text().split()
            if children:
                return int(children[0])
            time.sleep(0.01)
        raise AssertionError("no process namespace can be made here")

    def close(self):
        self._process.kill()
        self._process.wait()
