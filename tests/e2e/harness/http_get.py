"""A plain request straight at a port, for what is not under test."""

import dataclasses
import http.client

from harness.limits import REPLY


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    text: str


def get(port, path, headers=None, host="127.0.0.1", method="GET"):
    connection = http.client.HTTPConnection(host, port, timeout=REPLY)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, fields, response.read().decode())
    finally:
        connection.close()
