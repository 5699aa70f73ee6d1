"""The WebSocket server of the benchmarks, in a process of its own. Prints its address.

It does little work, so that the client is the bottleneck: it skips what clients send. The path
begins with `/MODE/CLIENT/MS/COUNT`; what a client appends to it is ignored. Modes:

- `flood`: send COUNT messages of MS milliseconds of audio as fast as the socket accepts them;
- `pace`: send them at real-time pace, each with a time stamp;
- `sink`: send nothing.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
import wave
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import wire
from websockets.asyncio.server import ServerConnection, serve
from websockets.protocol import State

from vatel.simulator import Scenario
from vatel_rt.audio.pcm import bytes_of

DIFFERENT_FRAMES, BATCH, BUFFERED = 40, 16, 1 << 18


class Connection(ServerConnection):
    """A connection that reads control frames only; others are skipped without unmasking them."""

    _unread, _skip = b"", 0

    def data_received(self, data: bytes) -> None:
        if self.state is State.CONNECTING:
            super().data_received(data)
            return
        data, at, self._unread = self._unread + data, self._skip, b""
        while at < len(data):
            head, size = 6, data[at + 1] & 0x7F if at + 1 < len(data) else 0
            if size > 125:  # RFC 6455, 5.2
                head, wide = (8, 2) if size == 126 else (14, 8)
                size = int.from_bytes(data[at + 2 : at + 2 + wide], "big")
            is_control = bool(data[at] & 0x8)
            if len(data) < at + head + size * is_control:
                self._unread, self._skip = data[at:], 0
                return
            if is_control:
                super().data_received(data[at : at + head + size])
            at += head + size
        self._skip = at - len(data)


def speech(ms: int) -> bytes:
    """Return `ms` milliseconds of an agent's speech, repeated as needed."""
    with wave.open(str(Path(Scenario.default().folder, "hours.wav"))) as file:
        file.setpos(file.getframerate() // 2)  # skip the pause at the beginning
        clip: bytes = file.readframes(file.getnframes())
    size = bytes_of(ms)
    return (clip * (size // len(clip) + 1))[:size]


async def feed(connection: ServerConnection) -> None:
    """Send what the path asks for."""
    assert connection.request
    mode, client, ms, count = connection.request.path.partition("?")[0].split("/")[1:5]
    if mode == "flood":
        await flood(connection.transport, client, int(ms), int(count))
    elif mode == "pace":
        await pace(connection, client, int(ms), int(count))
    else:
        await connection.wait_closed()


async def flood(transport: asyncio.Transport, client: str, ms: int, count: int) -> None:
    size, clip = bytes_of(ms), speech(ms * DIFFERENT_FRAMES)
    frames = [wire.audio_frame(client, clip[at : at + size]) for at in range(0, len(clip), size)]
    for index, frame in enumerate(islice(cycle(frames), count)):
        while index % BATCH == 0 and transport.get_write_buffer_size() > BUFFERED:  # noqa: ASYNC110
            await asyncio.sleep(0.0005)
        transport.write(frame)


async def pace(connection: ServerConnection, client: str, ms: int, count: int) -> None:
    before, after = wire.stamped_parts(client, speech(ms))
    loop = asyncio.get_running_loop()
    due = loop.time() + random.random() * ms / 1000
    for _ in range(count):
        await asyncio.sleep(due - loop.time())
        if connection.state is not State.OPEN:
            return
        connection.transport.write(before + wire.stamp(client, time.monotonic_ns()) + after)
        due += ms / 1000


async def main() -> None:
    """Serve until standard input ends."""
    options: Any = {"create_connection": Connection, "compression": None, "ping_interval": None}
    async with serve(feed, "127.0.0.1", 0, backlog=2000, **options) as server:
        print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
