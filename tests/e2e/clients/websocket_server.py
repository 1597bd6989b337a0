"""Answers each message with the same in capitals, and `where` with the path that was asked for. Prints its port."""

import asyncio

import websockets


async def answer(socket):
    async for message in socket:
        await socket.send(socket.path if message == "where" else message.upper())


async def main():
    async with websockets.serve(answer, "127.0.0.1", 0) as server:
        print("port", server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
