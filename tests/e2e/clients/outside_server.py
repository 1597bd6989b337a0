"""The outside: answers `outside` by HTTP on TCP ports 80, 9000 and 53, and by a datagram on UDP ports 53 and 9000."""

import selectors
import socket

selector = selectors.DefaultSelector()
for port in (80, 9000, 53):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    selector.register(listener, selectors.EVENT_READ)
for port in (53, 9000):
    for family, host in ((socket.AF_INET, "203.0.113.7"), (socket.AF_INET6, "2001:db8:2::7")):
        datagrams = socket.socket(family, socket.SOCK_DGRAM)
        datagrams.bind((host, port))
        selector.register(datagrams, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in selector.select():
        if key.fileobj.type == socket.SOCK_DGRAM:
            key.fileobj.sendto(b"outside", key.fileobj.recvfrom(4096)[1])
            continue
        connection, _ = key.fileobj.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\noutside")
