"""Answers each message with the same in capitals, and `where` with the path that was asked for. Prints its port.

With two arguments, the files of a certificate and its key, it serves TLS.
"""

import asyncio
import ssl
import sys

import websockets


async def answer(socket):
    async for message in socket:
        await socket.send(socket.path if message == "where" else message.upper())


def tls():
    if len(sys.argv) < 3:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*sys.argv[1:3])
    return context


async def main():
    async with websockets.serve(answer, "127.0.0.1", 0, ssl=tls()) as server:
        print("port", server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
