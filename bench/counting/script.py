"""The fixed calls that are counted: what the client sends, and what the upstream answers."""

import dataclasses

FIELDS = "".join(f"{name}: {value}\r\n" for name, value in (
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0"),
    ("Accept", "application/json, text/plain, */*"),
    ("Accept-Language", "en-GB,en;q=0.7,de;q=0.3"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Authorization", "Bearer 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ("X-Request-Id", "7f1c1d5e-5a7e-4b43-9a4d-5ed1c2f6d8aa"),
    ("Connection", "keep-alive"),
    ("Referer", "http://shop.internal/catalogue"),
    ("Cookie", "session=4c1f4e6b2a; theme=dark"),
    ("Cache-Control", "no-cache"),
    ("Pragma", "no-cache"),
))


@dataclasses.dataclass(frozen=True)
class Call:
    name: str            # the key in bench/baseline/instructions.json
    request: bytes
    response: bytes      # of the upstream; empty where it is never asked
    status: int = 200    # that the client must get


def request(line, host="numbers.internal", body=b""):
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{line} HTTP/1.1\r\nHost: {host}\r\n{FIELDS}{length}\r\n".encode() + body


def response(size):
    return ("HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sun, 22 Nov 2026 06:34:54 GMT\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {size}\r\nConnection: keep-alive\r\n\r\n").encode() + bytes(size)


CALLS = (
    Call("call/reverse, 100 B", request("GET /api/numbers?page=3"), response(100)),
    Call("call/forward, 100 B", request("GET http://numbers.internal/api/numbers?page=3"), response(100)),
    Call("call/reverse, 64 KiB answered", request("GET /api/numbers?page=3"), response(64 * 1024)),
    Call("call/reverse, 16 KiB posted", request("POST /api/numbers", body=bytes(16 * 1024)), response(100)),
    Call("call/forward, blocked", request("GET http://unknown.internal/api/numbers", host="unknown.internal"), b"", 403),
)

CONFIGURATION = """\
listen: 127.0.0.1:0
admin: 127.0.0.1:0
workers: 1
log: {{format: text, calls: all}}
map:
  - source: http://numbers.internal/api
    target: http://127.0.0.1:{upstream}/v1
"""
