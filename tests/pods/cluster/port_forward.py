"""Connections from a port of the node to a port inside a Pod, where they come from loopback."""

import socket
import threading

from cluster.network import inside

ACCEPT = 0.1  # seconds


def listening(namespace, port):
    with inside(namespace):
        listener = socket.create_server(("127.0.0.1", port))
    listener.settimeout(ACCEPT)
    return listener


def forward(listener, pod, port):
    """The next connection, if one comes soon. One that the Pod does not take is closed."""
    try:
        client, _ = listener.accept()
    except TimeoutError:
        return
    try:
        server = pod.network.connect_loopback(port)
    except OSError:
        client.close()
        return
    for source, sink in ((client, server), (server, client)):
        threading.Thread(target=_copy, args=(source, sink), daemon=True).start()


def _copy(source, sink):
    source.settimeout(None)
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        sink.close()
