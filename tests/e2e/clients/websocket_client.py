"""Sends three messages, one of them large, and prints the answers. With a port, through a tunnel of the proxy there."""

import asyncio
import socket
import sys
import urllib.parse

import websockets


def tunnel():
    if len(sys.argv) < 3:
        return {}
    destination = urllib.parse.urlsplit(sys.argv[1]).netloc
    sock = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    sock.sendall(f"CONNECT {destination} HTTP/1.1\r\nHost: {destination}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(1)
    assert b" 200 " in head, head
    return {"sock": sock, "server_hostname": destination.partition(":")[0]}


async def main():
    async with websockets.connect(sys.argv[1], **tunnel()) as socket:
        for message in ("first", "x" * 100_000, "where"):
            await socket.send(message)
            print(await socket.recv())


asyncio.run(main())
