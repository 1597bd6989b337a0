"""Makes docs/images/page.png, the picture of the page at the admin port. `./dev build` and `./dev test` install what it needs:

    /usr/bin/python3 docs/screenshot.py

It takes a minute and a half. It starts the ambassador (build/release/ambassador, or the one that AMBASSADOR names) in a
network of its own, starts upstreams at the addresses that its names have there, and makes calls until the charts have lines.
"""

import argparse
import http.client
import http.server
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

PROJECT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "tests" / "e2e"), str(PROJECT / "tests" / "page")]

from browser import Browser  # noqa: E402  (it is found by the lines above)
from harness import needs  # noqa: E402
from harness.ambassador import Ambassador, write_config  # noqa: E402

PICTURE = PROJECT / "docs" / "images" / "page.png"
SECONDS = 75.0  # the charts show at least a minute
WIDTH = 1280
CONFIG = """
    listen: 127.0.0.1:1080
    admin: 127.0.0.1:9901
    map:
      - source: http://localhost/api
        target: http://numbers-api/sixeyed/kiamol/master/ch03/numbers/rng
      - source: http://orders
        target: [http://orders-a.shop.svc:8080/v2, http://orders-b.shop.svc:8080/v2]
        retry: {attempts: 2}
      - source: http://payments
        target: http://payments.shop.svc
      - source: http://localhost:5005
        target: http://users.shop.svc
"""
HOSTS = {
    "numbers-api": "10.96.0.11",
    "orders-a.shop.svc": "10.96.0.21",
    "orders-b.shop.svc": "10.96.0.22",
    "payments.shop.svc": "10.96.0.31",
    "users.shop.svc": "10.96.0.41",
}
# How an upstream answers: its port, the milliseconds that most answers take, and the status and the share of those that fail.
UPSTREAMS = {
    "numbers-api": (80, 4, 500, 0.0),
    "orders-a.shop.svc": (8080, 11, 503, 0.0),
    "orders-b.shop.svc": (8080, 14, 503, 0.12),
    "payments.shop.svc": (80, 32, 500, 0.0),
    "users.shop.svc": (80, 7, 500, 0.06),
}
# What the app calls, and how often in a second.
CALLS = {
    "http://localhost/api": 9.0,
    "http://orders/7": 6.0,
    "http://payments/charge": 3.0,
    "http://localhost:5005/users/42": 4.0,
    "http://timecheck:8080/": 0.2,
    "http://payments:8443/": 0.1,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inside", metavar="DIRECTORY", type=pathlib.Path, help=argparse.SUPPRESS)
    inside = parser.parse_args().inside
    if inside:
        take(inside)
    else:
        with tempfile.TemporaryDirectory() as directory:
            sys.exit(subprocess.run(in_a_network_of_its_own(pathlib.Path(directory)), check=False).returncode)


def in_a_network_of_its_own(directory):
    """The command that runs this script again, in which the names lead to addresses of ours."""
    hosts = directory / "hosts"
    hosts.write_text("127.0.0.1 localhost\n" + "".join(f"{address} {name}\n" for name, address in HOSTS.items()))
    addresses = "".join(f"ip address add {address}/32 dev lo && " for address in HOSTS.values())
    script = f'ip link set lo up && {addresses}mount --bind {hosts} /etc/hosts && exec "$@"'
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return [needs.program("unshare"), *as_root, "--net", "--mount", "sh", "-c", script, "sh",
            needs.PYTHON, __file__, "--inside", str(directory)]  # fmt: skip


def take(directory):
    for name, behaviour in UPSTREAMS.items():
        serve(HOSTS[name], *behaviour)
    write_config(directory, CONFIG)
    proxy = Ambassador("-c", "ambassador.yaml", cwd=directory, admin=True)
    browser = Browser(directory / "profile")
    try:
        browser.open("http://localhost:9901/", WIDTH)
        for url, rate in CALLS.items():
            threading.Thread(target=call_again_and_again, args=(url, rate), daemon=True).start()
        time.sleep(SECONDS)
        browser.until_shown("#blocked pre", "timecheck")
        browser.click("text=since start")  # the blocked calls are counted since the start, so let all figures be
        time.sleep(3)  # the page asks for new figures every two seconds
        assert browser.problems() == []
        PICTURE.parent.mkdir(exist_ok=True)
        browser.screenshot(str(PICTURE), {"x": 0, "y": 0, "width": WIDTH, "height": end_of_picture(browser)})
    finally:
        browser.close()
        proxy.finish()
    print(f"{PICTURE.relative_to(PROJECT)}: {PICTURE.stat().st_size // 1024} KB")


def end_of_picture(browser):
    """Below the sources: what follows, the endpoints and the calls, would make it twice as long."""
    return browser.evaluate("document.querySelector('section:has(#sources)').getBoundingClientRect().bottom + scrollY + 16")


def serve(address, port, milliseconds, failure, share):
    chance = random.Random(address)

    class Answer(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body are one packet

        def do_GET(self):
            time.sleep(milliseconds / 1000 * chance.lognormvariate(0, 0.4))
            body = b"42\n"
            self.send_response(failure if chance.random() < share else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer((address, port), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def call_again_and_again(url, rate):
    chance = random.Random(url)
    while True:
        time.sleep(chance.expovariate(rate))
        call(url)


def call(url):
    connection = http.client.HTTPConnection("127.0.0.1", 1080, timeout=10)
    connection.request("GET", url)
    connection.getresponse().read()
    connection.close()


if __name__ == "__main__":
    main()
