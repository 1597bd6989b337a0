"""What is sent and what must come back, to the byte. The upstream makes the same bodies: bench/upstream/answers.cpp."""

import dataclasses
import functools

# A browser or an SDK sends about this much. Host makes twelve.
FIELDS = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36",
    "Accept: application/json, text/plain, */*",
    "Accept-Encoding: gzip, deflate, br",
    "Accept-Language: en-US,en;q=0.9",
    "Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefghijklmnopqrstuvwxyz",
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; lang=en",
    "X-Request-Id: 5f2b0c1e-1111-2222-3333-444455556666",
    "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "Cache-Control: no-cache",
    "Pragma: no-cache",
    "Referer: http://example.com/some/page.html",
)
SIZES = {"100b": 100, "16k": 16 * 1024, "64k": 64 * 1024, "1m": 1024 * 1024}
CHUNK = 4 * 1024
# A name that no configuration allows, and that no contestant has a reason to look up.
REFUSED_HOST = "refused.test"


@functools.cache
def body(size):
    """A text in which no piece is where it does not belong: numbered lines of ten bytes."""
    line_count = size // 10 + 1
    return "".join(f"{number:09d}\n" for number in range(line_count)).encode()[:size]


def in_chunks(content):
    pieces = [content[begin:begin + CHUNK] for begin in range(0, len(content), CHUNK)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@dataclasses.dataclass(frozen=True)
class Call:
    """One request, and its answer; `answer` is None where only the status is known beforehand."""
    path: str
    answer: bytes = None
    status: int = 200
    absolute: bool = False     # the target names the host, as to a forward proxy
    refused: bool = False      # it asks for a host that no configuration allows
    upload: bytes = None
    chunked: bool = False      # the upload is

    def request(self, upstream_port, close=False):
        host = REFUSED_HOST if self.refused else f"127.0.0.1:{upstream_port}"
        target = f"{self.path}?id=12345&q=abcdef"
        method = "GET" if self.upload is None else "POST"
        lines = [f"{method} {f'http://{host}' if self.absolute else ''}{target} HTTP/1.1", f"Host: {host}", *FIELDS]
        content = self.upload or b""
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
            content = in_chunks(content)
        elif self.upload is not None:
            lines.append(f"Content-Length: {len(content)}")
        if close:
            lines.append("Connection: close")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def get(size, absolute=False):
    return Call(f"/{size}", body(SIZES[size]), absolute=absolute)


def get_chunked():
    return Call("/chunked", body(SIZES["64k"]))


def post(size, chunked=False):
    """The upstream says how many bytes came."""
    text = f"{SIZES[size]} bytes received\n".encode()
    return Call("/received", text.ljust(100, b"."), upload=body(SIZES[size]), chunked=chunked)


def refused(absolute=False):
    return Call("/100b", status=403, absolute=absolute, refused=True)
