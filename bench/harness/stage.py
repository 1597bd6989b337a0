"""What every measurement has at hand: a directory, the upstream, the cores; and what it asks of a contestant."""

import dataclasses
import pathlib

from harness import load, machine
from harness.certificates import Certificates
from harness.contestants import Contestant, Setting, start
from harness.process import Server
from scenarios.scenarios import Scenario

# Connections to the upstream, and all else that a proxy has open.
SPARE_CONNECTIONS = 400


@dataclasses.dataclass(frozen=True)
class Stage:
    run: pathlib.Path
    upstream: Server
    tls_upstream: Server
    certificates: Certificates
    cores: list
    seconds: float         # of one run of the load
    descriptors: int       # that a process may have

    @property
    def load_core(self):
        return machine.load_core(self.cores)

    def cores_of(self, setting):
        return machine.proxy_cores(self.cores, setting.workers)

    def idle_connections(self, scenario):
        """HAProxy reserves two descriptors for each connection that it may have."""
        return min(scenario.connections, self.descriptors // 2 - SPARE_CONNECTIONS)

    def setting_of(self, scenario):
        if scenario.kind == "idle":
            return Setting(scenario.shape, scenario.workers, self.idle_connections(scenario) + SPARE_CONNECTIONS // 2)
        return Setting(scenario.shape, scenario.workers)

    def upstream_of(self, shape):
        return self.tls_upstream if shape == "tls-up" else self.upstream

    def start(self, contestant, setting):
        return start(contestant, setting, self.run, self.cores_of(setting), self.upstream_of(setting.shape).port,
                     self.certificates)


@dataclasses.dataclass(frozen=True)
class Trial:
    """One contestant's server before one scenario."""
    stage: Stage
    scenario: Scenario
    contestant: Contestant
    server: Server

    @property
    def setting(self):
        return self.stage.setting_of(self.scenario)

    @property
    def upstream(self):
        return self.stage.upstream_of(self.scenario.shape)

    @property
    def entrance(self):
        shape = self.scenario.shape
        return load.Entrance(tunnel=f"127.0.0.1:{self.upstream.port}" if shape == "tunnel" else "",
                             ca=str(self.stage.certificates.ca) if shape == "tls-in" else "")

    def request(self):
        return self.scenario.call.request(self.upstream.port, close=self.contestant.fresh(self.scenario))

    def check(self):
        return load.check_answer(self.server, self.request(), self.scenario.call, self.entrance)

    def command(self, *more, connections=None):
        file = self.stage.run / "request"
        file.write_bytes(self.request())
        fresh = ["--fresh"] if self.contestant.fresh(self.scenario) else []
        return load.command(self.server, file, connections or self.contestant.connections(self.scenario),
                            self.scenario.call.status, self.check(), *self.entrance.words, *fresh, *more)

    def load(self, seconds):
        """What the load says after so long."""
        return load.run(self.server, self.command(), seconds, self.stage.load_core)
