"""The job `latency` of `worker.py`: a whole call, with its microphone, playout and device."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import AsyncExitStack
from statistics import quantiles
from typing import Any, Optional
from urllib.parse import urlsplit

import wire

from vatel import Client, ConnectionOptions
from vatel_rt import Call, SilentDevice

BLOCK_BYTES, BLOCK_SECONDS = 960, 0.02


class TimedSocket(socket.socket):
    """Notes when audio is handed to the system, for `ConnectionOptions.socket_factory`."""

    def __init__(self) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self.setblocking(False)
        self.sent_at: list[float] = []

    def send(self, data: Any, *flags: int) -> int:
        if len(data) > BLOCK_BYTES:  # only messages with audio are that long
            self.sent_at.append(time.monotonic())
        return super().send(data, *flags)


class TimedDevice(SilentDevice):
    """Notes when blocks are captured, and how long audio took to the playout buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.captured_at: list[float] = []
        self.queued_after: list[float] = []

    def play(self, pcm: bytes) -> None:
        super().play(pcm)
        self.queued_after.append((time.monotonic_ns() - wire.stamped_at(pcm)) / 1e9)

    def _capture(self) -> bytes:
        self.captured_at.append(time.monotonic())
        return super()._capture()


async def latency(_variant: str, url: str, others: int, seconds: float) -> dict[str, float]:
    """Return latencies of one call in ms, while `others` run in the same process."""
    client, device, timed = Client("k", url.replace("ws", "http", 1)), TimedDevice(), TimedSocket()
    address = urlsplit(url)
    await asyncio.get_running_loop().sock_connect(timed, (address.hostname, address.port))
    calls: list[Call] = []
    async with AsyncExitStack() as stack:

        async def begin(audio: Optional[SilentDevice] = None, **options: Any) -> None:
            with_options = ConnectionOptions(**options)
            call = client.call(token="t", audio=audio, options=with_options)
            calls.append(await stack.enter_async_context(call))

        def hang_up() -> None:
            for call in calls:  # all at once: closing one after the other takes long
                call.hang_up()

        for _ in range(others):
            await begin()
            await asyncio.sleep(BLOCK_SECONDS / others)
        await begin(device, socket_factory=lambda: timed)
        stack.callback(hang_up)
        await asyncio.sleep(1)
        sent, used = len(timed.sent_at), time.process_time()
        device.queued_after.clear()
        await asyncio.sleep(seconds)
        used = time.process_time() - used
        # If blocks were dropped, this pairing overstates the latency; it never understates it.
        pairs = zip(device.captured_at[sent:], timed.sent_at[sent:])
        ways = {
            "block to wire": [leaves - captured for captured, leaves in pairs],
            "wire to device": device.queued_after,
        }
    cuts = {way: quantiles(values, n=100) for way, values in ways.items()}
    found = {f"{way}, p{p}": cuts[way][p - 1] * 1000 for way in ways for p in (50, 99)}
    return {**found, "processor": used / seconds * 100}
