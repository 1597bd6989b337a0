"""What `kubectl` does with this cluster: the verbs and options that the examples use, and no others."""

import argparse
import pathlib
import socket
import sys
import threading
import time

import yaml

from cluster.container import wait_until
from cluster.network import inside
from cluster.probes import port_of
from cluster.unsupported import Unsupported

GROUPS = {"Deployment": "deployment.apps", "Job": "job.batch"}
KINDS = {"configmap": "ConfigMap", "cm": "ConfigMap", "secret": "Secret", "service": "Service", "svc": "Service", "deployment": "Deployment",
         "deploy": "Deployment", "job": "Job", "pod": "Pod", "pods": "Pod"}  # fmt: skip


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
            argv, _, command = split(self._call.argv, "--")
            options = parser().parse_args(argv)
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

    def _create(self, options):
        if options.what[:2] != ["secret", "generic"]:
            raise Fault("error: the kubectl of these tests creates only `secret generic`")
        data = dict(entry.split("=", 1) for entry in options.from_literal)
        manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": options.what[2]}, "stringData": data}
        self._call.out(f"{shown(manifest)} {self._cluster.apply(manifest)}\n")

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

    def _wait(self, options):
        if options.for_ != "condition=complete":
            raise Fault("error: the kubectl of these tests waits only for=condition=complete")
        kind, name = resource(" ".join(options.what))
        if not wait_until(lambda: self._cluster.complete(name), seconds(options.timeout or "30s")):
            raise Fault(f"error: timed out waiting for the condition on {kind.lower()}s/{name}")
        self._call.out(f"job.batch/{name} condition met\n")

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
            run = container.previous if options.previous else container.run
            lines = run.log.all() if run else []
            for line in lines[-options.tail:] if options.tail >= 0 else lines:
                self._call.out(line + "\n")

    def _exec(self, options):
        container = self._container(self._pod(options), options.container)
        if not container.running():
            raise Fault(f'error: unable to upgrade connection: container not found ("{container.name}")')
        done = container.run.execute(options.command, self._call.stdin if options.stdin else None)
        self._call.out(done.stdout)
        self._call.err(done.stderr)
        if done.returncode:
            self._call.err(f"command terminated with exit code {done.returncode}\n")
        return done.returncode

    def _port_forward(self, options):
        here, _, there = options.what[-1].partition(":")
        options.what = options.what[:-1]
        kind, name = resource(" ".join(options.what))
        if kind == "Service":
            manifest = self._cluster.objects[kind, name]
            pod = chosen(self._cluster.pods_with(manifest["spec"]["selector"]), name)
            there = next(entry.get("targetPort", entry["port"]) for entry in manifest["spec"]["ports"] if entry["port"] == int(there))
            there = next(port_of(each.spec, there) for each in pod.containers() if isinstance(there, int) or has_port(each, there))
        else:
            pod = self._pod(options)
        with inside(self._cluster.network.node):
            listener = socket.create_server(("127.0.0.1", int(here)))
        with listener:
            listener.settimeout(0.1)
            self._call.out(f"Forwarding from 127.0.0.1:{here} -> {there}\n")
            while self._call.alive():
                accept(listener, pod, int(there))

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
    for verb in ("apply", "delete", "create", "rollout", "wait", "get", "describe", "logs", "exec", "port-forward"):
        options = verbs.add_parser(verb, add_help=False)
        options.add_argument("what", nargs="*")
        options.add_argument("-f", "--filename", action="append", default=[])
        options.add_argument("-l", "--selector", default="")
        options.add_argument("-c", "--container")
        options.add_argument("-i", "--stdin", action="store_true")
        options.add_argument("-p", "--previous", action="store_true")
        options.add_argument("--tail", type=int, default=-1)
        options.add_argument("--timeout")
        options.add_argument("--for", dest="for_")
        options.add_argument("--from-literal", action="append", default=[])
    return top


def split(argv, mark):
    if mark not in argv:
        return argv, None, []
    at = argv.index(mark)
    return argv[:at], mark, argv[at + 1:]


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


def has_port(container, name):
    return any(entry.get("name") == name for entry in container.spec.get("ports", ()))


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
    elif container.run:
        state = ["State:          Waiting", f"  Reason:       {container.waiting}"] if container.waiting else ["State:          Terminated"]
    else:
        state = ["State:          Waiting", "  Reason:       PodInitializing"]
    if container.exit_code is not None:
        state += ["Last State:     Terminated", f"  Reason:       {'Error' if container.exit_code else 'Completed'}"]
        if container.exit_code and container.spec.get("terminationMessagePolicy") == "FallbackToLogsOnError":
            state += [f"  Message:      {container.last_words}\n"]
        state += [f"  Exit Code:    {container.exit_code}"]
    state += [f"Ready:          {container.ready()}", f"Restart Count:  {max(container.restarts, 0)}"]
    return f"  {container.name}:\n" + "".join(f"    {line}\n" for line in state)


# port-forward


def accept(listener, pod, port):
    try:
        client, _ = listener.accept()
    except TimeoutError:
        return
    try:
        server = pod.network.connect_loopback(port)
    except OSError as error:
        print(f"port-forward: {error}", file=sys.stderr)
        client.close()
        return
    for source, sink in ((client, server), (server, client)):
        threading.Thread(target=pump, args=(source, sink), daemon=True).start()


def pump(source, sink):
    source.settimeout(None)
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        sink.close()
