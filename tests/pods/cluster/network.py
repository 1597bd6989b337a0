"""The node's network: each Pod a namespace with a cable to the node's, Services as rules that lead to Pods, and their names.

Pods have no network in common but the node, which routes: so whatever goes to a Service passes the node's rules.
"""

import contextlib
import ctypes
import itertools
import os
import socket
import subprocess

from harness import needs
from harness.clients import execute
from harness.dnsmasq import Dnsmasq
from harness.environment import clean

GATEWAY = "10.244.0.1"
NAME_SERVER = "10.96.0.10"
DOMAIN = "default.svc.cluster.local"
RESOLV_CONF = f"search {DOMAIN} svc.cluster.local cluster.local\nnameserver {NAME_SERVER}\noptions ndots:5\n"
COUNTER = itertools.count()
LIBC = ctypes.CDLL(None, use_errno=True)

NODE = f"""
link set lo up
address add {NAME_SERVER}/32 dev lo
"""
CABLE = """
link add eth0 netns {pod} type veth peer name {end} netns {node}
-n {pod} link set lo up
-n {pod} link set eth0 up
-n {pod} address add {address}/32 dev eth0
-n {pod} route add {gateway} dev eth0 scope link
-n {pod} route add default via {gateway} dev eth0
-n {node} address add {gateway}/32 dev {end}
-n {node} link set {end} up
-n {node} route add {address}/32 dev {end}
"""


def ip(*args):
    subprocess.run([needs.program("ip"), *args], env=clean(), check=True, capture_output=True, text=True)


def _move_to(descriptor):
    if LIBC.setns(descriptor, 0):
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def inside(namespace):
    """What this thread connects or listens to in here, it does in that network."""
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"/run/netns/{namespace}", "rb") as there:
        _move_to(there.fileno())
        try:
            yield
        finally:
            _move_to(home.fileno())


class PodNetwork:
    def __init__(self, node, namespace, address, sysctls):
        self.node, self.namespace, self.address = node, namespace, address
        ip("netns", "add", namespace)
        for line in CABLE.format(pod=namespace, node=node, address=address, gateway=GATEWAY,
                                 end=f"p{address.rpartition('.')[2]}").strip().split("\n"):  # fmt: skip
            ip(*line.split())
        for name, value in sysctls.items():
            write_sysctl(namespace, name, value)

    def connect(self, port, timeout=1):
        """A connection from the node to the Pod's address, as a probe makes it."""
        with inside(self.node):
            return socket.create_connection((self.address, port), timeout)

    def connect_loopback(self, port, timeout=1):
        """A connection inside the Pod, as `port-forward` makes it."""
        with inside(self.namespace):
            return socket.create_connection(("localhost", port), timeout)

    def close(self):
        ip("netns", "del", self.namespace)


def write_sysctl(namespace, name, value):
    path = "/proc/sys/" + name.replace(".", "/")
    execute([needs.program("ip"), "netns", "exec", namespace, "sh", "-c", f"echo {value} >{path}"], clean())


class Network:
    """Until `close`."""

    def __init__(self):
        self.node = f"amb-{os.getpid()}-{next(COUNTER)}"
        self._nft = needs.program("nft")
        self._addresses = (f"10.244.0.{number}" for number in itertools.count(2))
        self._services = (f"10.96.0.{number}" for number in itertools.count(20))
        self._rules = None
        self._dnsmasq = None
        ip("netns", "add", self.node)
        try:
            for line in NODE.strip().split("\n"):
                ip("-n", self.node, *line.split())
            write_sysctl(self.node, "net.ipv4.ip_forward", 1)
            self._dnsmasq = Dnsmasq([], port=53, enter=self.enter(), ttl=1, host=NAME_SERVER)
        except BaseException:
            self.close()
            raise

    def enter(self):
        """What to put before a command so that it runs on the node."""
        return [needs.program("ip"), "netns", "exec", self.node]

    def pod(self, name, sysctls):
        return PodNetwork(self.node, f"{self.node}-{name}", next(self._addresses), sysctls)

    def new_service_address(self):
        return next(self._services)

    def name_services(self, addresses):
        """The names of Services, and no others, from now on."""
        self._dnsmasq.change([(f"{name}.{DOMAIN}", address) for name, address in addresses.items()])

    def publish(self, services, pods):
        """`services`: address, port and the (address, port) pairs of those who serve there; `pods`: all addresses."""
        rules = _rules(services, pods)
        if rules != self._rules:
            execute([*self.enter(), self._nft, rules], clean())
            self._rules = rules

    def close(self):
        if self._dnsmasq:
            self._dnsmasq.close()
        ip("netns", "del", self.node)


def _rules(services, pods):
    """Who has nobody that serves is refused. A Pod that calls itself by its Service has its answer come by the node too."""
    served = "".join(f"ip daddr {address} tcp dport {port} dnat to {_one_of(ends)};" for address, port, ends in services if ends)
    hairpins = "".join(f"ip saddr {pod} ip daddr {pod} masquerade;" for pod in pods)
    return f"""
        table ip services; delete table ip services;
        table ip services {{
          chain services {{ {served} }}
          chain prerouting {{ type nat hook prerouting priority dstnat; jump services; }}
          chain output {{ type nat hook output priority -100; jump services; }}
          chain postrouting {{ type nat hook postrouting priority srcnat; {hairpins} }}
          chain unserved {{ ip daddr 10.96.0.0/16 tcp dport != 53 reject with tcp reset; }}
          chain forward {{ type filter hook forward priority 0; jump unserved; }}
        }}"""


def _one_of(ends):
    if len(ends) == 1:
        return "{}:{}".format(*ends[0])
    choices = ", ".join(f"{number} : {address} . {port}" for number, (address, port) in enumerate(ends))
    return f"numgen random mod {len(ends)} map {{ {choices} }}"
