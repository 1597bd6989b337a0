"""The Services of the documents: HTTP servers on one address, which answer 42 whatever they are asked.

    services.py ADDRESS PORT…
"""

import http.server
import sys
import threading


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"42\n")

    def log_message(self, *_args):
        pass


def main(address, *ports):
    for port in ports:
        server = http.server.ThreadingHTTPServer((address, int(port)), Answer)
        threading.Thread(target=server.serve_forever).start()
    print("ready", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
