"""A real nginx as upstream, which records every request it gets."""

import itertools
import json
import os
import time

from harness import http_get
from harness.environment import clean
from harness.limits import LINE, READY
from harness.needs import program
from harness.ports import free_port
from harness.process import Process

CONFIG = """
{top}
{user}
pid {directory}/pid;
worker_processes 1;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    log_format record escape=json '{{"method":"$request_method","uri":"$request_uri","host":"$http_host",'
        '"protocol":"$server_protocol","via":"$http_via","length":"$content_length","bytes":$body_bytes_sent,'
        '"body":"$request_body","connection":$connection,"status":$status}}';
    access_log {directory}/access.log record;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    client_max_body_size 0;
    sendfile on;
    server {{
        listen 127.0.0.1:{port};
        root {directory}/www;
        location = /barrier {{ return 204; }}
        {locations}
    }}
}}
"""


class Nginx:
    def __init__(self, directory, locations="", top=""):
        self._directory = directory
        self._barriers = itertools.count()
        self._seen = 0
        self.www = directory / "www"
        self.www.mkdir()
        for _ in range(3):  # another process may take the port in between
            self.port = free_port()
            if self._start(locations, top):
                break
        else:
            raise AssertionError(f"nginx did not start:\n{self._process.err.text()}")
        self.authority = f"127.0.0.1:{self.port}"

    def requests(self):
        """What it got since the last time this was asked, in the order in which it was answered.

        A request of our own marks the end: what nginx got before it is in the log before it.
        """
        mark = f"/barrier?{next(self._barriers)}"
        http_get.get(self.port, mark)
        deadline = time.monotonic() + LINE
        while time.monotonic() < deadline:
            records = self._records()
            marks = [index for index, record in enumerate(records) if record["uri"] == mark]
            if marks:
                new, self._seen = records[self._seen : marks[0]], marks[0] + 1
                return [record for record in new if not record["uri"].startswith("/barrier")]
            time.sleep(0.01)
        raise AssertionError("nginx did not write its log")

    def close(self):
        assert self._process.end() == 0, self._process.err.text()

    def _records(self):
        lines = (self._directory / "access.log").read_text().split("\n")
        return [json.loads(line) for line in lines[:-1]]

    def _start(self, locations, top):
        user = "user root;" if os.geteuid() == 0 else ""
        config = self._directory / "nginx.conf"
        text = CONFIG.format(directory=self._directory, port=self.port, user=user, locations=locations, top=top)
        config.write_text(text)
        argv = [program("nginx"), "-e", "stderr", "-p", self._directory, "-c", config, "-g", "daemon off; master_process off;"]
        self._process = Process(argv, clean(), self._directory)
        deadline = time.monotonic() + READY
        while self._process.running() and time.monotonic() < deadline:
            try:
                http_get.get(self.port, "/barrier?start")
                return True
            except OSError:
                time.sleep(0.01)
        return False
