"""Probes: what is asked, and what the answers so far mean."""

import contextlib
import http.client
import time

from cluster.unsupported import Unsupported, only

KEYS = {"httpGet", "tcpSocket", "periodSeconds", "failureThreshold", "initialDelaySeconds", "timeoutSeconds"}


class Probe:
    """One probe of one life of a container. `good` is None until it is known."""

    def __init__(self, spec, container, network):
        only(spec, KEYS, "probe")
        self._spec, self._container, self._network = spec, container, network
        self._failures = 0
        self._next = time.monotonic() + spec.get("initialDelaySeconds", 0)
        self.good = None

    def look(self):
        """Asks, if it is time to."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._spec.get("periodSeconds", 10)
        if self._ask():
            self._failures, self.good = 0, True
            return
        self._failures += 1
        if self._failures >= self._spec.get("failureThreshold", 3):
            self.good = False

    def _ask(self):
        timeout = self._spec.get("timeoutSeconds", 1)
        with contextlib.suppress(OSError, http.client.HTTPException):
            if "httpGet" in self._spec:
                return self._get(only(self._spec["httpGet"], {"path", "port"}, "probe"), timeout)
            if "tcpSocket" in self._spec:
                self._network.connect(self._port(self._spec["tcpSocket"]["port"]), timeout).close()
                return True
            raise Unsupported("probe: this cluster knows httpGet and tcpSocket")
        return False

    def _get(self, what, timeout):
        connection = http.client.HTTPConnection(self._network.address)
        connection.sock = self._network.connect(self._port(what["port"]), timeout)
        try:
            connection.request("GET", what["path"], headers={"User-Agent": "kube-probe/1.33"})
            return 200 <= connection.getresponse().status < 400
        finally:
            connection.close()

    def _port(self, port):
        return port_of(self._container, port)


def port_of(container, port):
    """The number of a port that may be named."""
    if isinstance(port, int):
        return port
    return next(entry["containerPort"] for entry in container.get("ports", ()) if entry["name"] == port)
