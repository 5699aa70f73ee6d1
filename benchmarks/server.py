"""The WebSocket server of the benchmarks, in a separate process. Prints its address.

The path begins with `/MODE/CLIENT/MS/COUNT`; what a client appends to it is ignored. Modes:

- `flood`: send COUNT messages of MS milliseconds of audio as fast as the socket accepts them;
- `pace`: send them at real-time pace, each with a time stamp, but none while the client, which
  sends too, is behind: the backlog of an overloaded client would delay everything after it;
- `sink`: send nothing.
"""

from __future__ import annotations

import asyncio
import math
import random
import sys
import time
from typing import Any

import wire
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import DATA_OPCODES
from websockets.protocol import State

from vatel_rt.audio.pcm import bytes_of

BATCH, BUFFERED, BEHIND = 16, 1 << 18, 0.2


class Connection(ServerConnection):
    """A connection that skips audio, and notes when it received some."""

    heard_at = -math.inf

    def process_event(self, event: Any) -> None:
        if getattr(event, "opcode", None) in DATA_OPCODES:
            self.heard_at = self.loop.time()
        else:
            super().process_event(event)


async def feed(connection: Any) -> None:
    mode, client, ms, count = connection.request.path.partition("?")[0].split("/")[1:5]
    if mode == "sink":
        await connection.wait_closed()
    else:
        sends = flood if mode == "flood" else pace
        await sends(connection, client, int(ms), int(count))


async def flood(connection: Connection, client: str, ms: int, count: int) -> None:
    transport = connection.transport
    frame = wire.audio_frame(client, random.randbytes(bytes_of(ms)))
    for index in range(count):
        while index % BATCH == 0 and transport.get_write_buffer_size() > BUFFERED:  # noqa: ASYNC110
            await asyncio.sleep(0.0005)
        transport.write(frame)


async def pace(connection: Connection, client: str, ms: int, count: int) -> None:
    before, after = wire.stamped_parts(client, random.randbytes(bytes_of(ms)))
    loop = asyncio.get_running_loop()
    due = loop.time() + random.random() * ms / 1000
    for _ in range(count):
        await asyncio.sleep(due - loop.time())
        if connection.state is not State.OPEN:
            return
        if loop.time() < connection.heard_at + BEHIND:
            connection.transport.write(before + wire.stamp(client, time.monotonic_ns()) + after)
        due += ms / 1000


async def main() -> None:
    waits = dict.fromkeys(["open_timeout", "ping_interval", "close_timeout"])  # busy clients
    options: Any = {"create_connection": Connection, "compression": None, **waits}
    async with serve(feed, "127.0.0.1", 0, backlog=2000, **options) as server:
        print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
