"""What `kubectl` does with this cluster: the verbs and options that the examples use, and no others."""

import argparse
import pathlib
import time

import yaml

from cluster.cluster import target_port
from cluster.container import wait_until
from cluster.port_forward import forward, listening
from cluster.unsupported import Unsupported

GROUPS = {"Deployment": "deployment.apps"}
KINDS = {"configmap": "ConfigMap", "service": "Service", "deployment": "Deployment", "pod": "Pod", "pods": "Pod"}


class Fault(Exception):
    """What kubectl says before it ends with 1."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Fault(f"error: the kubectl of these tests does not know this: {message}")


class Kubectl:
    """One call of it. `call` has its arguments, standard input, directory and outputs."""

    def __init__(self, cluster, call):
        self._cluster, self._call = cluster, call

    def run(self):
        """The exit status."""
        try:
            own, command = split(self._call.argv)
            options = parser().parse_args(own)
            options.command = command
            return getattr(self, "_" + options.verb.replace("-", "_"))(options) or 0
        except (Fault, Unsupported) as fault:
            self._call.err(f"{fault}\n")
            return 1

    # Objects

    def _apply(self, options):
        for manifest in self._manifests(options.filename):
            self._call.out(f"{shown(manifest)} {self._cluster.apply(manifest)}\n")

    def _delete(self, options):
        targets = [(each["kind"], each["metadata"]["name"]) for each in self._manifests(options.filename)]
        targets += [resource(" ".join(options.what))] if options.what else []
        for kind, name in targets:
            label = GROUPS.get(kind, kind.lower())
            if not self._cluster.delete(kind, name):
                raise Fault(f'Error from server (NotFound): {label}s "{name}" not found')
            self._call.out(f'{label} "{name}" deleted\n')

    def _manifests(self, names):
        for name in names:
            path = pathlib.Path(self._call.cwd, name)
            files = [path] if path.is_file() else sorted(path.glob("*.yaml"))
            texts = [self._call.stdin] if name == "-" else [file.read_text() for file in files]
            if not texts:
                raise Fault(f'error: the path "{name}" does not exist')
            for text in texts:
                yield from filter(None, yaml.safe_load_all(text))

    # Waiting

    def _rollout(self, options):
        if options.what[0] != "status":
            raise Fault("error: the kubectl of these tests knows only `rollout status`")
        _, name = resource(" ".join(options.what[1:]))
        if not self._cluster.rolled_out(name):
            self._call.out(f'Waiting for deployment "{name}" rollout to finish: 0 of 1 updated replicas are available...\n')
        if not wait_until(lambda: self._cluster.rolled_out(name), seconds(options.timeout or "120s")):
            raise Fault("error: timed out waiting for the condition")
        self._call.out(f'deployment "{name}" successfully rolled out\n')

    # Pods

    def _get(self, options):
        if KINDS.get(options.what[0]) != "Pod":
            raise Fault("error: the kubectl of these tests gets only pods")
        pods = self._cluster.pods_with(labels(options.selector))
        if not pods:
            raise Fault("No resources found in default namespace.")
        rows = [("NAME", "READY", "STATUS", "RESTARTS", "AGE")] + [row(pod) for pod in pods]
        widths = [max(map(len, column)) + 3 for column in zip(*rows)]
        for cells in rows:
            self._call.out("".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip() + "\n")

    def _describe(self, options):
        for pod in self._pods(options):
            self._call.out(f"Name:             {pod.name}\nStatus:           {pod.phase}\n")
            for title, containers in (("Init Containers", pod.init), ("Containers", pod.apps)):
                self._call.out(f"{title}:\n" + "".join(map(described, containers)) if containers else "")

    def _logs(self, options):
        for pod in self._pods(options):
            container = self._container(pod, options.container)
            lines = container.run.log.all() if container.run else []
            for line in lines[-options.tail:] if options.tail >= 0 else lines:
                self._call.out(line + "\n")

    def _exec(self, options):
        container = self._container(self._pod(options), options.container)
        if not container.running():
            raise Fault(f'error: unable to upgrade connection: container not found ("{container.name}")')
        done = container.run.execute(options.command)
        self._call.out(done.stdout)
        self._call.err(done.stderr)
        if done.returncode:
            self._call.err(f"command terminated with exit code {done.returncode}\n")
        return done.returncode

    def _port_forward(self, options):
        *what, ports = options.what
        here, _, there = ports.partition(":")
        pod, port = self._forwarded(*resource(" ".join(what)), int(there))
        with listening(self._cluster.network.node, int(here)) as listener:
            self._call.out(f"Forwarding from 127.0.0.1:{here} -> {port}\n")
            while self._call.alive():
                forward(listener, pod, port)

    def _forwarded(self, kind, name, port):
        """The Pod and its port that are meant; a port of a Service is that of a Pod behind it."""
        if kind != "Service":
            return chosen(self._cluster.pods_of(kind, name), name), port
        spec = self._cluster.objects[kind, name]["spec"]
        pod = chosen(self._cluster.pods_with(spec["selector"]), name)
        return pod, target_port(pod, next(entry for entry in spec["ports"] if entry["port"] == port))

    def _pods(self, options):
        if options.selector:
            return self._cluster.pods_with(labels(options.selector))
        return [self._pod(options)]

    def _pod(self, options):
        kind, name = resource(" ".join(options.what))
        return chosen(self._cluster.pods_of(kind, name), name)

    def _container(self, pod, name):
        default = pod.annotations.get("kubectl.kubernetes.io/default-container", pod.apps[0].name)
        container = pod.container(name or default)
        if container is None:
            raise Fault(f"error: container {name} is not valid for pod {pod.name}")
        return container


def parser():
    top = Parser(prog="kubectl", add_help=False)
    verbs = top.add_subparsers(dest="verb", required=True, parser_class=Parser)
    for verb in ("apply", "delete", "rollout", "get", "describe", "logs", "exec", "port-forward"):
        options = verbs.add_parser(verb, add_help=False)
        options.add_argument("what", nargs="*")
        options.add_argument("-f", "--filename", action="append", default=[])
        options.add_argument("-l", "--selector", default="")
        options.add_argument("-c", "--container")
        options.add_argument("--tail", type=int, default=-1)
        options.add_argument("--timeout")
    return top


def split(argv):
    """What is for kubectl, and behind `--` what is for the container."""
    at = argv.index("--") if "--" in argv else len(argv)
    return argv[:at], argv[at + 1:]


def resource(text):
    """deployment/web, deployment web, or a Pod's name"""
    kind, _, name = text.replace(" ", "/").partition("/")
    if not name:
        return "Pod", kind
    if kind not in KINDS:
        raise Fault(f'error: the server doesn\'t have a resource type "{kind}"')
    return KINDS[kind], name


def labels(text):
    return dict(part.split("=", 1) for part in text.split(",") if part)


def seconds(text):
    return float(text.removesuffix("s"))


def shown(manifest):
    kind = manifest["kind"]
    return f"{GROUPS.get(kind, kind.lower())}/{manifest['metadata']['name']}"


def chosen(pods, name):
    """A ready one before one that is not, the newest first."""
    there = [pod for pod in pods if not pod.ending()]
    if not there:
        raise Fault(f'Error from server (NotFound): no pods of "{name}" found')
    return max(there, key=lambda pod: (pod.ready(), pod.created))


def row(pod):
    counted = pod.sidecars() + pod.apps
    restarts = sum(max(each.restarts, 0) for each in pod.containers())
    return (pod.name, f"{sum(each.ready() for each in counted)}/{len(counted)}", status(pod), str(restarts),
            f"{int(time.monotonic() - pod.created)}s")  # fmt: skip


def status(pod):
    if pod.ending():
        return "Terminating"
    if pod.finished():
        return "Completed" if pod.phase == "Succeeded" else "Error"
    if pod.initialized < len(pod.init):
        container = pod.init[pod.initialized]
        if container.waiting:
            return f"Init:{container.waiting}"
        return "Init:Error" if container.run and not container.living() else f"Init:{pod.initialized}/{len(pod.init)}"
    waiting = [each.waiting for each in pod.apps if each.waiting]
    if waiting:
        return waiting[0]
    return "Running" if all(each.run for each in pod.apps) else "PodInitializing"


def described(container):
    if container.running():
        state = ["State:          Running"]
    elif container.waiting:
        state = ["State:          Waiting", f"  Reason:       {container.waiting}"]
    elif container.run:
        state = ["State:          Terminated"]
    else:
        state = ["State:          Waiting", "  Reason:       PodInitializing"]
    if container.exit_code is not None:
        state += ["Last State:     Terminated", f"  Reason:       {'Error' if container.exit_code else 'Completed'}"]
        if container.exit_code and container.spec.get("terminationMessagePolicy") == "FallbackToLogsOnError":
            state += [f"  Message:      {container.last_words}\n"]
        state += [f"  Exit Code:    {container.exit_code}"]
    state += [f"Ready:          {container.ready()}", f"Restart Count:  {max(container.restarts, 0)}"]
    return f"  {container.name}:\n" + "".join(f"    {line}\n" for line in state)
