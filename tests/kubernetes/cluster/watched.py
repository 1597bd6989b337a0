"""Ambassadors to whom everything happens that the dashboard shows and the alerts are for, under steady traffic."""

import contextlib
import threading

from cluster.prometheus import Prometheus
from harness.ambassador import ANY_ADMIN_PORT, Ambassador, write_config
from harness.certificates import Authority, replace
from harness.limits import READY
from harness.ports import free_port
from harness.raw_client import RawClient
from harness.scripted_upstream import ScriptedUpstream, answering, ok

BUSY = """
listen: [127.0.0.1:0, {{address: "127.0.0.1:0", tls: {{cert: {cert}, key: {key}}}}}]
workers: 1
map:
  - {{source: http://well, target: "http://localhost:{port}"}}
  - {{source: http://copied, target: "http://127.0.0.1:{port}", mirror: {{target: "http://127.0.0.1:{port}"}}}}
  - {{source: http://half, target: ["http://127.0.0.1:{port}", "http://127.0.0.1:{dead}"], balance: round_robin}}
  - {{source: http://dead, target: "http://127.0.0.1:{dead}", health: {{path: /, interval: 1s, timeout: 1s, fall: 1}}}}
  - {{source: "tcp://localhost:{tcp}", target: "tcp://127.0.0.1:{dead}"}}
"""
REPORTING = "listen: 127.0.0.1:0\nworkers: 1\nunmapped: report\n"
CALLS = ("http://well/", "http://copied/", "http://half/", "http://dead/", "http://blocked/", "refused", "tcp")


class Watched:
    def __init__(self, directory):
        self._ends = contextlib.ExitStack()
        with contextlib.ExitStack() as ends:
            self._start(directory, ends)
            self._ends = ends.pop_all()

    def _start(self, directory, ends):
        upstream = ScriptedUpstream(answering(ok()))
        ends.callback(upstream.close)
        pair = Authority(directory).issue("ending", days=(-1, 3))
        self.tcp = free_port()
        text = BUSY.format(cert=pair.cert, key=pair.key, port=upstream.port, dead=free_port(), tcp=self.tcp)
        self.busy = self._ambassador(ends, write_config(directory, text, name="busy.yaml"), listeners=4)
        self.reporting = self._ambassador(ends, write_config(directory, REPORTING, name="reporting.yaml"))
        self.gone = self._ambassador(ends, write_config(directory, REPORTING, name="gone.yaml"))
        pods = {"busy": self.busy, "reporting": self.reporting, "gone": self.gone}
        self._stop = threading.Event()
        threads = [threading.Thread(target=self._call, args=[self.busy.port, CALLS]),
                   threading.Thread(target=self._call, args=[self.reporting.port, [f"http://{upstream.authority}/"]])]  # fmt: skip
        for thread in threads:
            thread.start()
            ends.callback(thread.join)
        ends.callback(self._stop.set)
        self.prometheus = Prometheus(directory, {name: pod.admin_port for name, pod in pods.items()})
        ends.callback(self.prometheus.close)
        self._break(directory / "busy.yaml")

    def _ambassador(self, ends, config, listeners=1):
        started = Ambassador("-c", config, cwd=config.parent, env=ANY_ADMIN_PORT, listeners=listeners, admin=True)
        ends.callback(started.finish)
        return started

    def _break(self, config):
        """Once all of them were seen: one goes, and one gets a configuration that is wrong."""
        assert self.prometheus.wait_for(lambda it: len(it.query("ambassador_build_info")) == 3), "no scrape"
        assert self.prometheus.wait_for(lambda it: it.query("rate(ambassador_requests_total[10s]) > 0"), READY), "no traffic"
        self.gone.finish()
        replace(config, config.read_bytes() + b"unknown: key\n")

    def _call(self, port, calls):
        """Again and again, until the end."""
        while not self._stop.wait(0.05):
            for call in calls:
                to = self.tcp if call == "tcp" else port
                with contextlib.suppress(OSError, EOFError), contextlib.closing(RawClient(to)) as client:
                    if call == "tcp":
                        client.ended()
                    elif call == "refused":
                        client.send("NO HTTP\r\n\r\n")
                        client.reply()
                    else:
                        client.get(call)

    def close(self):
        self._ends.close()
