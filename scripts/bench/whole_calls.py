"""Whole calls, with device, microphone and playout: what a block of audio waits for on its way.

The times of the socket are taken at the system's calls, through the caller's socket that
`ConnectionOptions` allows.
"""

from __future__ import annotations

import asyncio
import socket
import time
from array import array
from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

import wire

from vatel import connect
from vatel_rt import SilentDevice
from vatel_rt.audio.pcm import BLOCK_BYTES, BLOCK_MS, bytes_of
from vatel_rt.audio.playout import FADE_MS
from vatel_rt.call.call import Call
from vatel_rt.realtime.connection import Connection
from vatel_rt.realtime.options import ConnectionOptions

AUDIO_FRAME = BLOCK_BYTES
"""Bytes from which on what is sent holds audio: base64 is longer, all else is shorter."""


class TimedSocket(socket.socket):
    """Notes when audio is handed to the system, and when an interruption is taken from it."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.sent_at: list[float] = []
        self.interrupted_at: list[float] = []

    def send(self, data: Any, *flags: int) -> int:
        """As any socket."""
        if len(data) > AUDIO_FRAME:
            self.sent_at.append(time.monotonic())
        return super().send(data, *flags)

    def recv(self, *arguments: int) -> bytes:
        """As any socket."""
        data = super().recv(*arguments)
        if b'"interruption"' in data:
            self.interrupted_at.append(time.monotonic())
        return data


class TimedDevice(SilentDevice):
    """Notes when a block was captured, when audio came into its buffer, and what was played."""

    def __init__(self) -> None:
        super().__init__()
        self.captured_at: list[float] = []
        self.came_after: list[float] = []
        self.played: deque[tuple[float, bytes]] = deque(maxlen=1000)

    def play(self, pcm: bytes) -> None:
        """Queue it, then note how long it was on its way from the server."""
        super().play(pcm)
        self.came_after.append((time.monotonic_ns() - wire.stamped_at(pcm)) / 1e9)

    def _capture(self) -> bytes:
        self.captured_at.append(time.monotonic())
        return super()._capture()

    def _emit(self, block: bytes) -> None:
        self.played.append((time.monotonic(), block))


class Timed:
    """A call whose times are noted."""

    def __init__(self, url: str) -> None:
        self.device = TimedDevice()
        self._url = urlsplit(url)
        self.call = Call(self._connect, audio=self.device)

    async def _connect(self) -> Connection:
        host, port = self._url.hostname, self._url.port
        self.socket = TimedSocket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        await asyncio.get_running_loop().sock_connect(self.socket, (host, port))
        options = ConnectionOptions(socket_factory=lambda: self.socket)
        return await connect("t", f"ws://{self._url.netloc}", self._url.path, options=options)


def plain(url: str) -> Call:
    """A call with a device without sound."""
    address = urlsplit(url)

    async def connected() -> Connection:
        return await connect("t", f"ws://{address.netloc}", address.path)

    return Call(connected)


async def _hold(stack: AsyncExitStack, url: str, number: int) -> None:
    """Begin calls, spread over a block's time; they end at once, not one after the other."""
    begun: list[Call] = []
    for _ in range(number):
        call = plain(f"{url}/pace/vatel/{BLOCK_MS}/1000000")
        await stack.enter_async_context(call)
        begun.append(call)
        await asyncio.sleep(BLOCK_MS / 1000 / number)

    def hang_up() -> None:
        for call in begun:
            call.hang_up()

    stack.callback(hang_up)


def _p(values: Sequence[float], name: str) -> dict[str, float]:
    cuts = quantiles(values, n=100)
    return {f"{name}_p50": cuts[49] * 1000, f"{name}_p99": cuts[98] * 1000}


async def latency(_: str, url: str, others: int, seconds: float) -> dict[str, float]:
    """Times of the blocks of one call while `others` go on in this process, in milliseconds."""
    async with AsyncExitStack() as stack:
        await _hold(stack, url, others)
        timed = Timed(f"{url}/pace/vatel/{BLOCK_MS}/1000000")
        await stack.enter_async_context(timed.call)
        await asyncio.sleep(1)
        sent, device = len(timed.socket.sent_at), timed.device
        device.came_after.clear()
        used = time.process_time()
        await asyncio.sleep(seconds)
        used = time.process_time() - used
        # Where blocks were dropped, this tells too much, never too little.
        pairs = list(zip(device.captured_at[sent:], timed.socket.sent_at[sent:]))
        out = [leaves - captured for captured, leaves in pairs]
        busy = {"busy": used / seconds}
        return {**_p(out, "out"), **_p(device.came_after, "in"), **busy}


async def calls(_: str, url: str, calls: int, seconds: float) -> dict[str, float]:
    """Milliseconds of processor time that a second of a whole call takes."""
    async with AsyncExitStack() as stack:
        await _hold(stack, url, calls)
        await asyncio.sleep(1)
        used, start = time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        used, passed = time.process_time() - used, time.monotonic() - start
        return {"ms": used * 1000 / calls / passed}


async def interruption(_: str, url: str, count: int) -> dict[str, float]:
    """Blocks from an interruption to silence: 1 is the next one; the most of `count`."""
    timed = Timed(f"{url}/talk/vatel/{BLOCK_MS}/{count}")
    worst = 0
    async with timed.call as call:
        async for message in call:
            if message.type == "interruption":
                await asyncio.sleep(10 * BLOCK_MS / 1000)
                at = timed.socket.interrupted_at[-1]
                after = [block for t, block in timed.device.played if t >= at]
                if all(_is_silent(block) for t, block in timed.device.played if t < at):
                    raise RuntimeError("nothing played when the interruption came")
                worst = max(worst, 1 + next(i for i, b in enumerate(after) if _falls_silent(b)))
    if len(timed.socket.interrupted_at) != count:
        raise RuntimeError("interruptions did not come one by one")
    return {"blocks": worst}


def _is_silent(block: bytes) -> bool:
    return not any(array("h", block))


def _falls_silent(block: bytes) -> bool:
    """Whether it is silent, but for the fade at its beginning."""
    return _is_silent(block[bytes_of(FADE_MS) :])
