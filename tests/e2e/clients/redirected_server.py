"""Stands for the ambassador: listens on both loopback addresses, and answers with where the client was going to."""

import selectors
import socket
import struct
import sys

ORIGINAL_DESTINATION = 80


def original(connection):
    if connection.family == socket.AF_INET6:
        port, address = struct.unpack_from("!2xH4x16s", connection.getsockopt(socket.IPPROTO_IPV6, ORIGINAL_DESTINATION, 28))
        return f"[{socket.inet_ntop(socket.AF_INET6, address)}]:{port}"
    port, address = struct.unpack_from("!2xH4s", connection.getsockopt(socket.SOL_IP, ORIGINAL_DESTINATION, 16))
    return f"{socket.inet_ntoa(address)}:{port}"


selector = selectors.DefaultSelector()
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    selector.register(socket.create_server((host, int(sys.argv[1])), family=family), selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in selector.select():
        connection, _ = key.fileobj.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(f"HTTP/1.0 200 OK\r\n\r\n{original(connection)}".encode())
