"""aiohttp, which reads the variables only when it is asked to."""

import asyncio
import sys

import aiohttp


async def main():
    async with aiohttp.ClientSession(trust_env=True) as session, session.get(sys.argv[1]) as response:
        print(response.status, await response.text(), sep="\n", end="")


asyncio.run(main())
