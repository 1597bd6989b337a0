"""What is measured: every shape of a proxy, size of an answer and number of connections."""

import dataclasses

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
SIZES = {"100b": 100, "64k": 64 * 1024, "1m": 1024 * 1024}
CONNECTIONS = (1, 64)
SHAPES = {
    "reverse": "origin-form requests, as to a reverse proxy",
    "forward": "absolute-form requests, as to a forward proxy",
}


@dataclasses.dataclass(frozen=True)
class Scenario:
    shape: str
    answer: str
    connections: int

    @property
    def name(self):
        return f"{self.shape}-{self.answer}-c{self.connections}"

    @property
    def size(self):
        return SIZES[self.answer]

    def seconds(self, seconds):
        """How long a run takes: 64 answers of 1 MiB at a time are slow on a busy machine, and one must end."""
        return max(seconds, 2) if self.size >= 2**20 else seconds

    def request(self, upstream_port):
        """The bytes of one request."""
        origin = f"127.0.0.1:{upstream_port}"
        target = f"/{self.answer}?id=12345&q=abcdef"
        if self.shape == "forward":
            target = f"http://{origin}{target}"
        lines = [f"GET {target} HTTP/1.1", f"Host: {origin}", *FIELDS]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def body(size):
    """What the upstream answers: a text in which no piece is where it does not belong."""
    line_count = size // 10 + 1
    return "".join(f"{number:09d}\n" for number in range(line_count)).encode()[:size]


def scenarios(only=()):
    """All, or those whose name has one of the words in it."""
    every = [Scenario(shape, answer, connections)
             for shape in SHAPES for answer in SIZES for connections in CONNECTIONS]
    return [scenario for scenario in every if not only or any(word in scenario.name for word in only)]
