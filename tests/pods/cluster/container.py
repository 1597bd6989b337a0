"""A container of a Pod: how it is run, over its restarts, and what is known of it."""

import itertools
import re
import threading
import time

from cluster.probes import Probe
from cluster.runtime import Run
from cluster.unsupported import Unsupported, only

KEYS = {"name", "image", "imagePullPolicy", "restartPolicy", "command", "args", "env", "ports", "startupProbe", "livenessProbe",
        "readinessProbe", "resources", "securityContext", "volumeMounts", "workingDir", "terminationMessagePolicy"}  # fmt: skip
SECURITY = {"runAsNonRoot", "runAsUser", "runAsGroup", "readOnlyRootFilesystem", "allowPrivilegeEscalation", "capabilities",
            "seccompProfile"}  # fmt: skip
# Kubernetes waits 10 s, 20 s and so on, up to 5 min; a test has less time.
BACK_OFFS = [0, 1, 2, 4]
UNITS = {"Ki": "k", "Mi": "m", "Gi": "g"}


class Container:
    def __init__(self, spec, pod):
        self.spec = only(spec, KEYS, f"container {spec['name']}")
        self.name = spec["name"]
        self.pod = pod
        self.run = None
        self.previous = None  # the Run before
        self.exit_code = None  # of the last Run that ended
        self.last_words = ""  # its log
        self.restarts = -1
        self.waiting = None  # why it is not running now
        self._probes = {}
        self._lives = itertools.count()
        self._ready = False
        self.changed = threading.Condition()

    @property
    def is_sidecar(self):
        return self.spec.get("restartPolicy") == "Always"

    def running(self):
        return self.run is not None and self.run.running()

    def living(self):
        """Running, or being made."""
        return self.run is not None and not self.run.ended()

    def started(self):
        return self.running() and self._good("startupProbe")

    def ready(self):
        return self._ready and self.started()

    def start(self):
        run = Run(f"{self.pod.network.namespace}-{self.name}-{next(self._lives)}", self._options(), self.spec["image"], self._argv(),
                  self.pod.folder)  # fmt: skip
        with self.changed:
            self.previous, self.run = self.run, run
            self.waiting = None
            self.restarts += 1
            self._ready = "readinessProbe" not in self.spec
            self._probes = {kind: Probe(self.spec[kind], self.spec, self.pod.network)
                            for kind in ("startupProbe", "livenessProbe", "readinessProbe") if kind in self.spec}  # fmt: skip

    def wait(self):
        """Until this life ends."""
        self.exit_code = self.run.wait()
        self.last_words = self.run.log.text()
        with self.changed:
            self._ready = False
        return self.exit_code

    def back_off(self):
        """How long to wait before the next life."""
        delay = BACK_OFFS[min(self.restarts, len(BACK_OFFS) - 1)]
        self.waiting = "CrashLoopBackOff" if delay else None
        return delay

    def look(self):
        """Makes the probes that are due. One that lives no more is ended, and so begins anew."""
        run = self.run
        if not self.running():
            return
        if not self._good("startupProbe"):
            self._ask("startupProbe", run)
            return
        self._ask("livenessProbe", run)
        if "readinessProbe" in self._probes:
            self._probes["readinessProbe"].look()
            self._ready = self._probes["readinessProbe"].good is True

    def _ask(self, kind, run):
        if kind in self._probes:
            self._probes[kind].look()
            if self._probes[kind].good is False:
                threading.Thread(target=run.end, args=(self.pod.grace,), daemon=True).start()
                self._probes.pop(kind)

    def _good(self, kind):
        return kind not in self.spec or (kind in self._probes and self._probes[kind].good is True)

    # What podman is told

    def _argv(self):
        return [expand(text, self._environment()) for text in self.spec.get("args", ())]

    def _environment(self):
        environment = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
        for entry in self.spec.get("env", ()):
            only(entry, {"name", "value"}, f"env of {self.name}")
            environment[entry["name"]] = expand(entry.get("value", ""), environment)
        return environment

    def _options(self):
        options = [f"--network=ns:/run/netns/{self.pod.network.namespace}", f"--hostname={self.pod.name}", "--no-hosts",
                   f"--volume={self.pod.folder}/hosts:/etc/hosts:ro", f"--volume={self.pod.folder}/resolv.conf:/etc/resolv.conf:ro"]  # fmt: skip
        options += [f"--env={name}={value}" for name, value in self._environment().items()]
        if self.pod.processes:
            options.append(f"--pid=ns:/proc/{self.pod.processes}/ns/pid")
        if "command" in self.spec:
            entry = ", ".join(f'"{expand(text, self._environment())}"' for text in self.spec["command"])
            options.append(f"--entrypoint=[{entry}]")
        if "workingDir" in self.spec:
            options.append(f"--workdir={self.spec['workingDir']}")
        memory = self.spec.get("resources", {}).get("limits", {}).get("memory")
        if memory:
            options.append(f"--memory={memory[:-2]}{UNITS[memory[-2:]]}")
        return [*options, *self._security(), *self._mounts()]

    def _security(self):
        context = {**self.pod.security, **self.spec.get("securityContext", {})}
        only(context, SECURITY, f"securityContext of {self.name}")
        options = []
        if "runAsUser" in context:
            options.append(f"--user={context['runAsUser']}:{context.get('runAsGroup', 0)}")
        if context.get("runAsNonRoot") and context.get("runAsUser", 0) == 0:
            raise Unsupported(f"container {self.name}: runAsNonRoot without a runAsUser")
        if context.get("readOnlyRootFilesystem"):
            options += ["--read-only", "--read-only-tmpfs=false"]
        if context.get("allowPrivilegeEscalation") is False:
            options.append("--security-opt=no-new-privileges")
        capabilities = only(context.get("capabilities", {}), {"drop", "add"}, f"capabilities of {self.name}")
        options += [f"--cap-drop={name}" for name in capabilities.get("drop", ())]
        return options + [f"--cap-add={name}" for name in capabilities.get("add", ())]

    def _mounts(self):
        for mount in self.spec.get("volumeMounts", ()):
            only(mount, {"name", "mountPath", "readOnly"}, f"volumeMounts of {self.name}")
            mode = "ro" if mount.get("readOnly") else "rw"
            yield f"--volume={self.pod.volumes[mount['name']].path}:{mount['mountPath']}:{mode}"


def expand(text, environment):
    """$(NAME) is the variable if there is one, $$(NAME) is $(NAME)."""

    def value(found):
        if found[0].startswith("$$"):
            return found[0][1:]
        return environment.get(found[1], found[0])

    return re.sub(r"\$?\$\(([A-Za-z_]\w*)\)", value, text)


def wait_until(condition, timeout, every=0.05):
    """Whether it came true in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
