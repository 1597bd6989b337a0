"""Sends three messages, one of them large, and prints the answers."""

import asyncio
import sys

import websockets


async def main():
    async with websockets.connect(sys.argv[1]) as socket:
        for message in ("first", "x" * 100_000, "where"):
            await socket.send(message)
            print(await socket.recv())


asyncio.run(main())
