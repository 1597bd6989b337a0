"""The outside: answers `outside` by HTTP on TCP ports 80, 9000 and 53, and by a datagram on UDP ports 53 and 9000.

On TCP port 2525 it speaks first. With the files of a certificate and its key it serves TLS on port 443.
"""

import contextlib
import socket
import ssl
import sys
import threading


def listen(port):
    return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128)


def answer(connection):
    if connection.getsockname()[1] == 2525:
        connection.sendall(b"220 ready\r\n")
    connection.recv(4096)
    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\noutside")


def serve(listener, context=None):
    def one(connection):
        with contextlib.suppress(OSError), connection:
            if context:
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                answer(connection)

    while True:
        threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()


def echo(sock):
    while True:
        sock.sendto(b"outside", sock.recvfrom(4096)[1])


for tcp_port in (80, 9000, 53, 2525):
    threading.Thread(target=serve, args=(listen(tcp_port),), daemon=True).start()
for udp_port in (53, 9000):
    for family, host in ((socket.AF_INET, "203.0.113.7"), (socket.AF_INET6, "2001:db8:2::7")):
        datagrams = socket.socket(family, socket.SOCK_DGRAM)
        datagrams.bind((host, udp_port))
        threading.Thread(target=echo, args=(datagrams,), daemon=True).start()
if len(sys.argv) > 2:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*sys.argv[1:3])
    threading.Thread(target=serve, args=(listen(443), tls), daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
