"""The cluster: the objects that were applied, and one loop that makes what is there like what they say."""

import hashlib
import itertools
import json
import threading
import traceback

from cluster.network import Network
from cluster.pod import TICK, Pod
from cluster.probes import port_of
from cluster.unsupported import Unsupported, only

KINDS = ("ConfigMap", "Secret", "Service", "Deployment", "Job", "Pod")
DEPLOYMENT = {"replicas", "selector", "template"}
JOB = {"template", "backoffLimit"}
SERVICE = {"selector", "ports", "type"}


class Cluster:
    """Until `close`."""

    def __init__(self):
        self.objects = {}  # (kind, name): the manifest
        self.pods = []
        self.complaints = []  # what went wrong in the loop; a test that ends with any has failed
        self.network = Network()
        self._addresses = {}  # of Services
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._loop = threading.Thread(target=self._keep_up, daemon=True)
        self._loop.start()

    # What users do

    def apply(self, manifest):
        """created, configured or unchanged"""
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        if kind not in KINDS:
            raise Unsupported(f"{kind}: this cluster knows {', '.join(KINDS)}")
        with self._lock:
            old = self.objects.get((kind, name))
            if old == manifest:
                return "unchanged"
            self.objects[kind, name] = manifest
            if kind == "Service":
                self._name(name)
            for pod in self.pods:
                pod.update_volumes(self.objects)
        return "configured" if old else "created"

    def delete(self, kind, name):
        """Whether it was there. Its Pods are ended, and waited for."""
        with self._lock:
            if self.objects.pop((kind, name), None) is None:
                return False
            if kind == "Service":
                self._addresses.pop(name)
                self.network.name_services(self._addresses)
        pods = [pod for pod in self.pods if pod.owner == (kind, name)]
        for pod in pods:
            pod.end()
        for pod in pods:
            pod.gone.wait()
        return True

    def close(self):
        self._closed.set()
        self._loop.join()
        for pod in self.pods:
            pod.grace = 0
            pod.end()
        for pod in self.pods:
            pod.gone.wait()
        self.network.close()

    # What there is

    def pods_of(self, kind, name):
        """The oldest first."""
        with self._lock:
            return [pod for pod in self.pods if pod.owner == (kind, name)]

    def pods_with(self, labels):
        with self._lock:
            return [pod for pod in self.pods if labels.items() <= pod.labels.items()]

    def rolled_out(self, name):
        """Whether every Pod of the Deployment is of its present template, and ready."""
        manifest = self.objects["Deployment", name]
        pods = self.pods_of("Deployment", name)
        fresh = [pod for pod in pods if pod.version == digest(manifest)]
        return len(pods) == len(fresh) == replicas(manifest) and all(pod.ready() for pod in fresh)

    def complete(self, name):
        return any(pod.phase == "Succeeded" for pod in self.pods_of("Job", name))

    # The loop

    def _keep_up(self):
        workloads = {"Deployment": self._roll, "Job": self._work, "Pod": self._run}
        while not self._closed.wait(TICK):
            try:
                with self._lock:
                    self.pods = [pod for pod in self.pods if not pod.gone.is_set()]
                    for (kind, name), manifest in list(self.objects.items()):
                        if kind in workloads:
                            workloads[kind](name, manifest)
                    self._publish()
            except Exception:  # pylint: disable=broad-exception-caught  # it is told at the end of the test
                self.complaints.append(traceback.format_exc())
                return

    def _roll(self, name, manifest):
        """New Pods beside the old ones; an old one goes when a new one is ready."""
        only(manifest["spec"], DEPLOYMENT, f"Deployment {name}")
        pods = [pod for pod in self.pods_of("Deployment", name) if not pod.ending()]
        fresh = [pod for pod in pods if pod.version == digest(manifest)]
        stale = [pod for pod in pods if pod not in fresh]
        for _ in range(replicas(manifest) - len(fresh)):
            self._add(f"{name}-{digest(manifest)}-{next(self._numbers)}", manifest, manifest["spec"]["template"])
        spare = sum(pod.ready() for pod in fresh) + sum(pod.ready() for pod in stale) - replicas(manifest)
        for pod in stale:
            if not pod.ready() or spare > 0:
                spare -= pod.ready()
                pod.end()
        for pod in fresh[replicas(manifest):]:
            pod.end()

    def _work(self, name, manifest):
        """One Pod; another one for each that failed, as often as it may."""
        spec = only(manifest["spec"], JOB, f"Job {name}")
        pods = self.pods_of("Job", name)
        failed = sum(pod.phase == "Failed" for pod in pods)
        if len(pods) == failed and failed <= spec.get("backoffLimit", 6):
            self._add(f"{name}-{next(self._numbers)}", manifest, spec["template"])

    def _run(self, name, manifest):
        if not self.pods_of("Pod", name):
            self._add(name, manifest, manifest)

    def _add(self, name, manifest, template):
        owner = (manifest["kind"], manifest["metadata"]["name"])
        self.pods.append(Pod(name, template, self.network, self.objects, owner, digest(manifest)))

    def _name(self, service):
        if service not in self._addresses:
            self._addresses[service] = self.network.new_service_address()
            self.network.name_services(self._addresses)

    def _publish(self):
        served = []
        for (kind, name), manifest in self.objects.items():
            if kind == "Service":
                spec = only(manifest["spec"], SERVICE, f"Service {name}")
                ready = [pod for pod in self.pods_with(spec["selector"]) if pod.ready()]
                for port in spec["ports"]:
                    ends = [(pod.network.address, target_port(pod, port)) for pod in ready]
                    served.append((self._addresses[name], port["port"], ends))
        self.network.publish(served, [pod.network.address for pod in self.pods])


def replicas(manifest):
    return manifest["spec"].get("replicas", 1)


def digest(manifest):
    """What a Deployment's Pods of one template have in common in their names."""
    template = json.dumps(manifest["spec"].get("template"), sort_keys=True)
    return hashlib.sha256(template.encode()).hexdigest()[:8]


def target_port(pod, port):
    """The number of the port in the Pod that a Service's port leads to."""
    target = port.get("targetPort", port["port"])
    for container in pod.containers():
        if isinstance(target, int) or any(entry.get("name") == target for entry in container.spec.get("ports", ())):
            return port_of(container.spec, target)
    raise Unsupported(f"Service: Pod {pod.name} has no port {target}")
