"""The job `latency` of `worker.py`: a whole call, with its microphone, playout and device."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import AsyncExitStack
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

import wire

from vatel import Client, ConnectionOptions
from vatel_rt import SilentDevice
from vatel_rt.audio.pcm import BLOCK_BYTES


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
    address, calls = urlsplit(url), []
    options = ConnectionOptions(socket_factory=lambda: timed)
    async with AsyncExitStack() as stack:
        try:
            for _ in range(others):
                calls.append(await stack.enter_async_context(client.call(token="t")))
            # Not earlier: the server closes sockets without a handshake after ten seconds.
            await asyncio.get_running_loop().sock_connect(timed, (address.hostname, address.port))
            call = client.call(token="t", audio=device, options=options)
            calls.append(await stack.enter_async_context(call))
            await asyncio.sleep(1)
            sent = len(timed.sent_at)
            device.queued_after.clear()
            await asyncio.sleep(seconds)
        finally:  # hang up all at once: on a busy machine, each may take ten seconds to close
            for call in calls:
                call.hang_up()
    # If blocks were dropped, this pairing overstates the latency; it never understates it.
    pairs = zip(device.captured_at[sent:], timed.sent_at[sent:])
    ways = {
        "block to wire": [leaves - captured for captured, leaves in pairs],
        "wire to device": device.queued_after,
    }
    if min(map(len, ways.values())) < 2:
        raise RuntimeError(f"{others + 1} calls are too many here: no audio within {seconds} s")
    cuts = {way: quantiles(values, n=100) for way, values in ways.items()}
    return {f"{way}, p{p}": cuts[way][p - 1] * 1000 for way in ways for p in (50, 99)}
