"""Jobs of `worker.py` with whole calls: microphone, connection, playout and device.

Times at the socket are taken around the system calls, in a socket that is passed to vatel with
`ConnectionOptions.socket_factory`.
"""

from __future__ import annotations

import asyncio
import socket
import time
from array import array
from collections import deque
from contextlib import AsyncExitStack
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

import wire

from vatel import Client, ConnectionOptions
from vatel_rt import Call, SilentDevice
from vatel_rt.audio.pcm import BLOCK_BYTES, BLOCK_MS, bytes_of
from vatel_rt.audio.playout import FADE_MS


class TimedSocket(socket.socket):
    """Notes when audio is sent, and when an interruption is received."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.sent_at: list[float] = []
        self.interrupted_at: list[float] = []

    def send(self, data: Any, *flags: int) -> int:
        """Send as any socket does."""
        if len(data) > BLOCK_BYTES:  # only messages with audio are that long
            self.sent_at.append(time.monotonic())
        return super().send(data, *flags)

    def recv(self, *arguments: int) -> bytes:
        """Receive as any socket does."""
        data = super().recv(*arguments)
        if b'"interruption"' in data:
            self.interrupted_at.append(time.monotonic())
        return data


class TimedDevice(SilentDevice):
    """Notes when blocks are captured, when audio reaches the playout buffer, and what is played."""

    def __init__(self) -> None:
        super().__init__()
        self.captured_at: list[float] = []
        self.queued_after: list[float] = []
        self.played: deque[tuple[float, bytes]] = deque(maxlen=1000)

    def play(self, pcm: bytes) -> None:
        """Queue `pcm`, and note how long ago the server sent it."""
        super().play(pcm)
        self.queued_after.append((time.monotonic_ns() - wire.stamped_at(pcm)) / 1e9)

    def _capture(self) -> bytes:
        self.captured_at.append(time.monotonic())
        return super()._capture()

    def _emit(self, block: bytes) -> None:
        self.played.append((time.monotonic(), block))


def _call(url: str) -> Call:
    return Client("k", url.replace("ws", "http", 1)).call(token="t")  # noqa: S106


async def _timed_call(url: str) -> tuple[Call, TimedSocket, TimedDevice]:
    address, device = urlsplit(url), TimedDevice()
    timed = TimedSocket(socket.AF_INET, socket.SOCK_STREAM)
    timed.setblocking(False)
    await asyncio.get_running_loop().sock_connect(timed, (address.hostname, address.port))
    options = ConnectionOptions(socket_factory=lambda: timed)
    client = Client("k", url.replace("ws", "http", 1))
    return client.call(token="t", audio=device, options=options), timed, device  # noqa: S106


def _percentiles(name: str, values: list[float]) -> dict[str, float]:
    cuts = quantiles(values, n=100)
    return {f"{name}, p50": cuts[49] * 1000, f"{name}, p99": cuts[98] * 1000}


async def latency(_: str, url: str, others: int, seconds: float) -> dict[str, float]:
    """Return latencies of one call in ms, while `others` run in the same process."""
    url = f"{url}/pace/vatel/{BLOCK_MS}/1000000"
    async with AsyncExitStack() as stack:
        for _ in range(others):
            call = await stack.enter_async_context(_call(url))
            stack.callback(call.hang_up)
            await asyncio.sleep(BLOCK_MS / 1000 / others)
        call, timed, device = await _timed_call(url)
        await stack.enter_async_context(call)
        await asyncio.sleep(1)
        sent, used = len(timed.sent_at), time.process_time()
        device.queued_after.clear()
        await asyncio.sleep(seconds)
        used = time.process_time() - used
        # If blocks were dropped, this pairing overstates the latency; it never understates it.
        pairs = zip(device.captured_at[sent:], timed.sent_at[sent:])
        return {
            **_percentiles("block to wire", [leaves - captured for captured, leaves in pairs]),
            **_percentiles("wire to device", device.queued_after),
            "busy": used / seconds,
        }


async def interruption(_: str, url: str, count: int) -> dict[str, float]:
    """Return the most blocks, of `count` interruptions, until playback was silent; 1 is the next."""
    call, timed, device = await _timed_call(f"{url}/talk/vatel/{BLOCK_MS}/{count}")
    worst = 0
    async with call:
        async for message in call:
            if message.type == "interruption":
                await asyncio.sleep(10 * BLOCK_MS / 1000)
                at = timed.interrupted_at[-1]
                if not any(any(array("h", block)) for t, block in device.played if t < at):
                    raise RuntimeError("nothing was playing when the interruption arrived")
                faded = [block[bytes_of(FADE_MS) :] for t, block in device.played if t >= at]
                silent = (n for n, block in enumerate(faded, 1) if not any(array("h", block)))
                worst = max(worst, next(silent))
    if len(timed.interrupted_at) != count:
        raise RuntimeError(f"received {len(timed.interrupted_at)} of {count} interruptions")
    return {"blocks": worst}


JOBS = {"latency": latency, "interruption": interruption}
