"""Upstreams that can be killed, stopped and started: real nginx processes, each of which answers with its own name."""

import os
import random
import shutil
import signal
import socket
import subprocess
import time

from harness.environment import SYSTEM_PATH, clean
from harness.limits import READY, STOP

CONFIG = """
{user}
daemon off;
master_process off;
pid {directory}/pid;
error_log {directory}/error.log;
events {{ worker_connections 4096; }}
http {{
    log_format call '$request_method $uri';
    access_log {directory}/access.log call;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 200 "{name}\\n"; }}
    }}
}}
"""
# Below what the kernel gives to connections. To a port of that range that nobody listens on, a connection may be given the
# very same port as its own, and so reach itself.
PORTS = range(12000, 30000)


class Endpoint:
    """One nginx, a single process; it may be down for a while, and keeps its port."""

    def __init__(self, directory, name):
        self.name = name
        self.port = quiet_port()
        self._directory = directory / name
        self._directory.mkdir()
        self._config = self._directory / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        self._config.write_text(CONFIG.format(directory=self._directory, port=self.port, name=name, user=user))
        self._process = None
        self._stopped = False

    @property
    def authority(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        """Returns before it listens."""
        nginx = shutil.which("nginx", path=SYSTEM_PATH)
        argv = [nginx, "-e", self._directory / "error.log", "-p", self._directory, "-c", self._config]
        self._process = subprocess.Popen(argv, env=clean(), cwd=self._directory, stdin=subprocess.DEVNULL)

    def answers(self):
        """Whether it can be connected to, and is not stopped."""
        if self._process is None or self._stopped:
            return False
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def wait_until_it_answers(self):
        deadline = time.monotonic() + READY
        while not self.answers():
            assert time.monotonic() < deadline and self._process.poll() is None, f"{self.name} did not start: {self.errors()}"
            time.sleep(0.01)

    def kill(self):
        self._end(signal.SIGKILL)

    def end(self):
        """A fast end: what is under way is broken off."""
        self._end(signal.SIGTERM)

    def stop(self):
        self._process.send_signal(signal.SIGSTOP)
        self._stopped = True

    def go_on(self):
        self._process.send_signal(signal.SIGCONT)
        self._stopped = False

    def calls(self):
        """`METHOD PATH` of each that it took."""
        return (self._directory / "access.log").read_text().splitlines()

    def errors(self):
        return (self._directory / "error.log").read_text()[-1000:]

    def close(self):
        if self._process is None:
            return
        self.go_on()
        self.end()

    def _end(self, number):
        process, self._process = self._process, None
        process.send_signal(number)
        try:
            process.wait(STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Fleet:
    def __init__(self, directory, count):
        self.endpoints = []
        try:
            for number in range(count):
                self.endpoints.append(Endpoint(directory, f"upstream-{number}"))
                self.endpoints[-1].start()
                self.endpoints[-1].wait_until_it_answers()
        except AssertionError:
            self.close()
            raise

    def close(self):
        for endpoint in self.endpoints:
            endpoint.close()


def quiet_port():
    """One that nothing listens on, and that no connection is given by the kernel."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
