"""A client in a process of its own, so that imports of other clients are not measured.

    python benchmarks/worker.py VARIANT

Reads one JSON job per line from standard input and answers each with one line of JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
import traceback
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any

import anyio
import wire
from peers import SESSIONS, Session

BLOCK = bytes(range(240)) * 4
BLOCK_SECONDS = 0.02
OPENING_AT_ONCE, CLOSE_TIMEOUT, JOB_TIMEOUT = 20, 5, 240
BURST, BETWEEN_BURSTS = 8, 0.001
REST_URL = "https://api.vatel.ai"


def resident_kb() -> float:
    """Return the memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


async def receive(variant: str, url: str, count: int, warmup: int) -> dict[str, float]:
    """Return the processor time per message, in µs, over `count` messages after `warmup`."""
    heard, times, memory = 0, [0.0, 0.0], [0.0, 0.0]

    def hear(_: bytes) -> None:
        nonlocal heard
        heard += 1
        if heard in (warmup, warmup + count):
            at = heard > warmup
            times[at], memory[at] = time.process_time(), resident_kb()

    async with AsyncExitStack() as stack:
        session = await SESSIONS[variant](f"{url}/{warmup + count}", stack)
        gc.collect()
        await session.listen(hear)
    if heard != warmup + count:
        raise RuntimeError(f"received {heard} messages instead of {warmup + count}")
    return {"us": (times[1] - times[0]) / count * 1e6, "kb": memory[1] - memory[0]}


async def send(variant: str, url: str, count: int, warmup: int) -> dict[str, float]:
    """Return the processor time per block of 20 ms, in µs.

    Blocks are sent in bursts with a pause that is not measured, so that the socket is never full.
    """
    clip = BLOCK * 2
    blocks = [clip[at : at + len(BLOCK)] for at in range(16)]
    async with AsyncExitStack() as stack:
        session, used = await SESSIONS[variant](f"{url}/sink/vatel/20/0", stack), 0.0
        for done in range(0, warmup + count, BURST):
            began = time.process_time()
            for at in range(BURST):
                await session.send(blocks[(done + at) % 16])
            used += (time.process_time() - began) * (done >= warmup)
            await asyncio.sleep(BETWEEN_BURSTS)
        return {"us": used / count * 1e6}


async def pace(
    variant: str, url: str, calls: int, seconds: float, warmup: float, one_core: bool
) -> dict[str, float]:
    """Hold `calls` at once; return processor time, lateness (p99) and memory per call."""
    if one_core and hasattr(os, "sched_setaffinity"):  # the server uses another one
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    gc.collect()  # also what an earlier job left
    heard_late: list[float] = []
    sent_late: list[float] = []
    opening, kb = asyncio.Semaphore(OPENING_AT_ONCE), -resident_kb()

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

        async def open_one() -> Session:
            async with opening:
                return await SESSIONS[variant](url, stack)

        sessions = await asyncio.gather(*(open_one() for _ in range(calls)))
        dues = [time.monotonic() + at / calls * BLOCK_SECONDS for at in range(calls)]
        speaking = [asyncio.ensure_future(speak(*each)) for each in zip(sessions, dues)]
        listening = [asyncio.ensure_future(session.listen(hear)) for session in sessions]
        await asyncio.sleep(warmup)
        heard_late.clear()
        sent_late.clear()
        used, start = time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        used, passed = time.process_time() - used, time.monotonic() - start
        kb, ways = kb + resident_kb(), [heard_late[:], sent_late[:]]
        for task in (*speaking, *listening):
            task.cancel()
        await asyncio.gather(*speaking, *listening, return_exceptions=True)
        with anyio.move_on_after(CLOSE_TIMEOUT):  # abandon clients that are too busy to close
            await stack.aclose()
    late = max(quantiles(way, n=100)[98] if len(way) > 1 else 1e3 for way in ways)
    return {
        "late_ms": late * 1000,
        "share": min(map(len, ways)) * BLOCK_SECONDS / calls / passed,
        "ms": used * 1000 / (len(ways[1]) * BLOCK_SECONDS),  # a busy machine gets less done
        "kb": kb / calls,
    }


async def rest(
    variant: str, method: str, arguments: list[str], answer: str, times: int, is_async: bool
) -> dict[str, float]:
    """Return the processor time per REST request in µs, over httpx's mock transport."""
    import httpx

    headers, content = {"Content-Type": "application/json"}, answer.encode()
    mock = httpx.MockTransport(lambda _: httpx.Response(200, content=content, headers=headers))
    bare: Any = {"base_url": REST_URL, "headers": {"Authorization": "Bearer k"}, "transport": mock}
    client, async_client = httpx.Client(**bare), httpx.AsyncClient(**bare)
    group, name = method.split(".")
    if variant == "vatel":
        from vatel import Client

        operations = getattr(Client("k", REST_URL, client, async_client), group)
        ask = partial(getattr(operations, name + "_async" * is_async), *arguments)
    else:
        ask = partial(
            (async_client if is_async else client).get, "/".join(["/v1", group, *arguments])
        )
    began = 0.0
    for at in range(-1, times):  # the first request is not measured
        began = began if at else time.process_time()
        answered = await ask() if is_async else ask()
        if variant != "vatel":
            answered.json()
    return {"us": (time.process_time() - began) / times * 1e6}


def main() -> None:
    """Answer jobs until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a client that prints must not disturb the answers
    jobs: dict[str, Any] = {"receive": receive, "send": send, "pace": pace, "rest": rest}
    for line in sys.stdin:
        job = json.loads(line)
        name = job.pop("job")
        try:
            if name not in jobs:  # not imported before, so that other clients run without it
                from whole_calls import latency

                jobs["latency"] = latency
            answer = asyncio.run(asyncio.wait_for(jobs[name](sys.argv[1], **job), JOB_TIMEOUT))
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
