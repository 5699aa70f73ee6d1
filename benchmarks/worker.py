"""A client in a separate process: `worker.py VARIANT` answers each line of JSON with another."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import sys
import time
import traceback
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import wire
from peers import SESSIONS, Session

from vatel import Client, ConnectionOptions
from vatel_rt import SilentDevice

BLOCK, BLOCK_SECONDS = bytes(range(240)) * 4, 0.02
CLOSE_TIMEOUT = 5
BURST, BETWEEN_BURSTS = 8, 0.001
REST_URL = "https://api.vatel.ai"


def resident_kb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


async def receive(variant: str, url: str, count: int, warmup: int) -> dict[str, float]:
    """Return the processor time per message, in µs, over `count` messages after `warmup`."""
    heard, marks = 0, []

    def hear(_: bytes) -> None:
        nonlocal heard
        heard += 1
        if heard in (warmup, warmup + count):
            marks.append((time.process_time(), resident_kb()))

    async with AsyncExitStack() as stack:
        session = await SESSIONS[variant](f"{url}/{warmup + count}", stack)
        gc.collect()
        await session.listen(hear)
    if heard != warmup + count:
        raise RuntimeError(f"received {heard} messages instead of {warmup + count}")
    seconds, kb = (after - before for before, after in zip(*marks))
    return {"µs": seconds / count * 1e6, "KB": kb}


async def send(variant: str, url: str, count: int, warmup: int) -> dict[str, float]:
    """Return the processor time per block of 20 ms, in µs.

    Blocks are sent in bursts with a pause that is not measured, so that the socket is never full.
    """
    clip, used = BLOCK * 2, 0.0
    blocks = [clip[at : at + len(BLOCK)] for at in range(2 * BURST)]
    async with AsyncExitStack() as stack:
        session = await SESSIONS[variant](f"{url}/sink/vatel/20/0", stack)
        for done in range(0, warmup + count, BURST):
            began = time.process_time()
            for at in range(BURST):
                await session.send(blocks[(done + at) % len(blocks)])
            used += (time.process_time() - began) * (done >= warmup)
            await asyncio.sleep(BETWEEN_BURSTS)
    return {"µs": used / count * 1e6}


async def pace(
    variant: str, url: str, calls: int, seconds: float, warmup: float, one_core: bool
) -> dict[str, float]:
    """Hold `calls` at once; return processor time, lateness (p99) and memory per call."""
    if one_core and hasattr(os, "sched_setaffinity"):  # the server uses another one
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    gc.collect()  # including objects of earlier jobs
    kb = -resident_kb()
    heard_late: list[float] = []
    sent_late: list[float] = []

    def hear(pcm: bytes) -> None:
        if isinstance(pcm, bytes):  # bare websockets returns undecoded text
            heard_late.append((time.monotonic_ns() - wire.stamped_at(pcm)) / 1e9)

    async def speak(session: Session, due: float) -> None:
        while True:
            await asyncio.sleep(due - time.monotonic())
            await session.send(BLOCK)
            sent_late.append(time.monotonic() - due)
            due += BLOCK_SECONDS

    async with AsyncExitStack() as stack:
        # One after the other: some clients take long to create, and others time out meanwhile.
        sessions = [await SESSIONS[variant](url, stack) for _ in range(calls)]
        now = time.monotonic()
        tasks = [
            asyncio.ensure_future(job)
            for at, session in enumerate(sessions)
            for job in (session.listen(hear), speak(session, now + at / calls * BLOCK_SECONDS))
        ]
        await asyncio.sleep(warmup)
        heard_late.clear()
        sent_late.clear()
        used, start = time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        used, passed = time.process_time() - used, time.monotonic() - start
        kb, ways = kb + resident_kb(), [heard_late[:], sent_late[:]]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with anyio.move_on_after(CLOSE_TIMEOUT):  # abandon clients that are too busy to close
            await stack.aclose()
    late = max(quantiles(way, n=100)[98] if len(way) > 1 else 1e3 for way in ways)
    return {
        "late_ms": late * 1000,
        "share": min(map(len, ways)) * BLOCK_SECONDS / calls / passed,
        "ms": used * 1000 / (len(ways[1]) * BLOCK_SECONDS),  # a busy machine gets less done
        "KB": kb / calls,
    }


class TimedSocket(socket.socket):
    """Notes when audio is handed to the system."""

    def __init__(self) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self.setblocking(False)
        self.sent_at: list[float] = []

    def send(self, data: Any, *flags: int) -> int:
        if len(data) > len(BLOCK):  # only messages with audio are that long
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
    to_wire = [leaves - captured for captured, leaves in pairs]
    ways = {"block to wire": to_wire, "wire to device": device.queued_after}
    if min(map(len, ways.values())) < 2:
        raise RuntimeError(f"{others + 1} calls are too many here: no audio within {seconds} s")
    cuts = {way: quantiles(values, n=100) for way, values in ways.items()}
    return {f"{way}, p{p}": cuts[way][p - 1] * 1000 for way in ways for p in (50, 99)}


async def rest(variant: str, operation: tuple[str, list[str], object, int]) -> dict[str, float]:
    """Return the processor time per REST request in µs, over httpx's mock transport."""
    method, arguments, answer, times = operation
    group, name = method.split(".")
    content, headers = json.dumps(answer).encode(), {"Content-Type": "application/json"}
    mock = httpx.MockTransport(lambda _: httpx.Response(200, content=content, headers=headers))
    authorized = {"Authorization": "Bearer k"}
    with httpx.Client(base_url=REST_URL, headers=authorized, transport=mock) as bare:
        client = Client("k", REST_URL, bare)
        path, ours = "/".join(["/v1", group, *arguments]), getattr(getattr(client, group), name)
        request: Any = partial(ours, *arguments)
        if variant != "vatel":
            request = lambda: bare.get(path).json()  # noqa: E731
        request()  # the first request is not measured
        began = time.process_time()
        for _ in range(times):
            request()
        return {"µs": (time.process_time() - began) / times * 1e6}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a client that prints must not disturb the answers
    jobs: Any = {"receive": receive, "send": send, "pace": pace, "latency": latency, "rest": rest}
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer = asyncio.run(jobs[job.pop("job")](sys.argv[1], **job))
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
