"""The server of the benchmarks, a process of its own: costs little, so that the client is measured.

What a connection gets stands in the beginning of its path, `/MODE/WIRE/MS/COUNT`, so that every
client's own end of the path may follow:

- `flood`: COUNT messages of MS milliseconds of audio, as fast as the socket takes them;
  `deflate` the same, compressed where the client offers that;
- `pace`: the same at real pace, each with the time in it;
- `sink`: nothing;
- `talk`: COUNT times a burst of speech and, while it plays, an interruption.

Whatever the client sends is passed over. Prints its address.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
import traceback
import wave
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Optional, cast

import wire
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.http11 import Request
from websockets.server import ServerProtocol

from vatel.simulator import Scenario
from vatel_rt.audio.pcm import bytes_of

DIFFERENT = 40
"""Frames that take turns."""
BATCH = 16
BURST_MS, BEFORE_INTERRUPTION, BETWEEN_BURSTS = 600, 0.2, 0.5
LONGEST_HEAD = 14
LOUD = (8000).to_bytes(2, "little")


def speech(ms: int) -> bytes:
    """`ms` milliseconds of an agent's speech, again and again."""
    with wave.open(str(Path(Scenario.default().folder, "hours.wav"))) as file:
        file.setpos(file.getframerate() // 2)  # it begins with a pause
        clip: bytes = file.readframes(file.getnframes())
    size = bytes_of(ms)
    return (clip * (size // len(clip) + 1))[:size]


@cache
def frames(wire_name: str, ms: int, deflate: bool) -> list[bytes]:
    """Frames with pieces of speech, one after the other."""
    size = bytes_of(ms)
    whole = speech(ms * DIFFERENT)
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    return [wire.audio_frame(wire_name, piece, deflate=deflate) for piece in pieces]


class Guest(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._handshake: Optional[ServerProtocol] = ServerProtocol(
            extensions=[ServerPerMessageDeflateFactory()]
        )
        self._rest = b""
        self._skip = 0
        self._writable = asyncio.Event()
        self._writable.set()
        self._task: Optional[asyncio.Task[None]] = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the request."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=1 << 18)

    def connection_lost(self, _: Optional[Exception]) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        """The socket is full."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It takes more."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Accept the connection, then pass over what comes."""
        if self._handshake is None:
            self._pass_over(data)
            return
        self._handshake.receive_data(data)
        for request in self._handshake.events_received():
            self._accept(self._handshake, cast(Request, request))

    def _accept(self, handshake: ServerProtocol, request: Request) -> None:
        mode, wire_name, ms, count = request.path.partition("?")[0].split("/")[1:5]
        if mode != "deflate":
            handshake.available_extensions = []
        handshake.send_response(handshake.accept(request))
        self._transport.writelines(handshake.data_to_send())
        deflate = bool(handshake.extensions)
        self._handshake = None
        feeding = self._feed(mode, wire_name, int(ms), int(count), deflate=deflate)
        self._task = asyncio.create_task(feeding)

    async def _feed(self, mode: str, wire_name: str, ms: int, count: int, deflate: bool) -> None:
        try:
            if mode == "pace":
                await self._pace(wire_name, ms, count)
            elif mode == "talk":
                await self._talk(count)
            elif mode == "sink":
                return
            else:
                await self._flood(frames(wire_name, ms, deflate), count)
            self._transport.write(wire.frame(wire.CLOSE, (1000).to_bytes(2, "big")))
        except Exception:
            traceback.print_exc()
            self._transport.abort()  # the client fails, too

    async def _flood(self, ready: list[bytes], count: int) -> None:
        source = islice(cycle(ready), count)
        while batch := list(islice(source, BATCH)):
            await self._writable.wait()
            for ready_frame in batch:
                self._transport.write(ready_frame)

    async def _pace(self, wire_name: str, ms: int, count: int) -> None:
        before, after = wire.stamped_parts(wire_name, speech(ms))
        loop = asyncio.get_running_loop()
        due = loop.time() + random.random() * ms / 1000  # noqa: S311
        for _ in range(count):
            await asyncio.sleep(due - loop.time())
            stamp = wire.stamp(wire_name, time.monotonic_ns())
            self._transport.write(before + stamp + after)
            due += ms / 1000

    async def _talk(self, count: int) -> None:
        pcm = LOUD * (bytes_of(20) // 2)
        for turn in range(count):
            ready = wire.audio_frame("vatel", pcm, turn=f"turn-{turn}")
            self._transport.write(ready * (BURST_MS // 20))
            await asyncio.sleep(BEFORE_INTERRUPTION + random.random() / 50)  # noqa: S311
            self._transport.write(wire.control("interruption"))
            await asyncio.sleep(BETWEEN_BURSTS)

    def _pass_over(self, data: bytes) -> None:
        """Read no more of each frame than its head, and answer a ping and the end."""
        if self._skip >= len(data):
            self._skip -= len(data)
            return
        self._rest += data[self._skip :] if self._skip else data
        self._skip = 0
        while len(self._rest) >= LONGEST_HEAD or _is_control(self._rest):
            self._rest = self._after_frame(self._rest)

    def _after_frame(self, data: bytes) -> bytes:
        size, head = data[1] & 0x7F, 6
        if size > 125:  # noqa: PLR2004
            wide = 2 if size == 126 else 8  # noqa: PLR2004
            size, head = int.from_bytes(data[2 : 2 + wide], "big"), 6 + wide
        opcode = data[0] & 0xF
        if opcode >= wire.CLOSE:
            mask, payload = data[head - 4 : head], data[head : head + size]
            said = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
            self._transport.write(
                wire.frame(wire.CLOSE if opcode == wire.CLOSE else wire.PONG, said)
            )
            if opcode == wire.CLOSE:
                self._transport.close()
        self._skip = max(0, head + size - len(data))
        return data[head + size :]


def _is_control(data: bytes) -> bool:
    """Whether `data` is a whole control frame, which is short, and answered at once."""
    return len(data) >= 6 + (data[1] & 0x7F if len(data) > 1 else 0) and data[0] & 0xF >= wire.CLOSE


async def main() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Guest, "127.0.0.1", 0, backlog=2000)
    port = server.sockets[0].getsockname()[1]
    print(f"ws://127.0.0.1:{port}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
