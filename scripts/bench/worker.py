"""One client of the benchmarks in a process of its own, so that nobody else's imports count.

    python scripts/bench/worker.py VARIANT

Reads a job a line from standard input, as JSON, and answers each with a line of JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
import traceback
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import quantiles
from typing import Any, Callable

import anyio
import wire
from peers import SESSIONS, Session, wire_of

from vatel_rt.audio.pcm import BLOCK_BYTES, BLOCK_MS, bytes_of

OPENING_AT_ONCE, LONGEST_CLOSING = 20, 5
LONGEST_JOB = 240
BURST, BETWEEN_BURSTS = 8, 0.001
BLOCK_SECONDS = BLOCK_MS / 1000


def resident_kb() -> float:
    """Memory of this process in KB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


async def receive(variant: str, url: str, count: int, warmup: int) -> dict[str, float]:
    """Microseconds of processor time for each of `count` messages, after `warmup` others."""
    heard, times, memory = 0, [0.0, 0.0], [0.0, 0.0]

    def hear(_: bytes) -> None:
        nonlocal heard
        heard += 1
        if heard in (warmup, warmup + count):
            at = heard > warmup
            times[at], memory[at] = time.process_time(), resident_kb()

    async with SESSIONS[variant](f"{url}/{warmup + count}") as session:
        gc.collect()
        await session.listen(hear)
    if heard != warmup + count:
        raise RuntimeError(f"{heard} messages came, not {warmup + count}")
    return {"us": (times[1] - times[0]) / count * 1e6, "kb": memory[1] - memory[0]}


async def send(variant: str, url: str, ms: int, count: int, warmup: int) -> dict[str, float]:
    """Microseconds of processor time for each of `count` blocks of `ms` milliseconds.

    A few at a time, with a pause that does not count, so that the socket is never full: a call's
    is not, and what clients then do (we let little wait) is not what is measured.
    """
    clip = Path(__file__).read_bytes() * 20
    blocks = [clip[at : at + bytes_of(ms)] for at in range(16)]
    async with SESSIONS[variant](f"{url}/sink/vatel/{ms}/0") as session:
        used = 0.0
        for done in range(0, warmup + count, BURST):
            began = time.process_time()
            for at in range(BURST):
                await session.send(blocks[(done + at) % 16])
            used += (time.process_time() - began) * (done >= warmup)
            await asyncio.sleep(BETWEEN_BURSTS)
        return {"us": used / count * 1e6}


class Caller:
    """One of many calls at pace: what came and went late, in seconds."""

    def __init__(self) -> None:
        self.heard_late: list[float] = []
        self.sent_late: list[float] = []

    def hear(self, pcm: bytes) -> None:
        """Note a stamped piece; the floor gives frames that it has not read."""
        if isinstance(pcm, bytes):
            self.heard_late.append((time.monotonic_ns() - wire.stamped_at(pcm)) / 1e9)

    async def speak(self, session: Session, began: float, phase: float) -> None:
        """Send a block each 20 ms, without end."""
        block, due = bytes(range(240)) * (BLOCK_BYTES // 240), began + phase
        while True:
            await asyncio.sleep(due - time.monotonic())
            await session.send(block)
            self.sent_late.append(time.monotonic() - due)
            due += BLOCK_SECONDS


async def pace(
    variant: str, url: str, calls: int, seconds: float, warmup: float = 1
) -> dict[str, float]:
    """Hold `calls` at once; processor time, lateness (p99) and memory for each."""
    gc.collect()  # also what a job before this one had to leave
    callers = [Caller() for _ in range(calls)]
    opening = asyncio.Semaphore(OPENING_AT_ONCE)
    empty, before = resident_kb(), time.monotonic()
    async with AsyncExitStack() as stack:

        async def open_one() -> Session:
            async with opening:
                made = SESSIONS[variant](f"{url}/pace/{wire_of(variant)}/{BLOCK_MS}/1000000")
                return await stack.enter_async_context(made)

        sessions = await asyncio.gather(*(open_one() for _ in callers))
        began = time.monotonic()
        tasks = [asyncio.create_task(s.listen(c.hear)) for s, c in zip(sessions, callers)]
        for at, (session, caller) in enumerate(zip(sessions, callers)):
            speaking = caller.speak(session, began, at / calls * BLOCK_SECONDS)
            tasks.append(asyncio.create_task(speaking))
        await asyncio.sleep(warmup)
        for caller in callers:
            caller.heard_late.clear()
            caller.sent_late.clear()
        used, start = time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        used, passed = time.process_time() - used, time.monotonic() - start
        held = resident_kb() - empty
        figures = _lateness(callers, passed)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _hang_up(stack)
    opened = began - before
    talked = calls * passed * figures["sent_share"]  # a machine that is busy gets less done
    return {**figures, "ms": used * 1000 / talked, "kb": held / calls, "opened": opened}


def _lateness(callers: list[Caller], passed: float) -> dict[str, float]:
    expected = len(callers) * passed / BLOCK_SECONDS
    heard = [late for caller in callers for late in caller.heard_late]
    sent = [late for caller in callers for late in caller.sent_late]
    late = [quantiles(each, n=100)[98] if len(each) > 1 else 1e3 for each in (heard, sent)]
    return {
        "heard_p99_ms": late[0] * 1000,
        "sent_p99_ms": late[1] * 1000,
        "share": min(len(heard), len(sent)) / expected,
        "sent_share": len(sent) / expected,
    }


async def _hang_up(stack: AsyncExitStack) -> None:
    """Close all, or leave those alone that are too busy with what came to notice."""
    with anyio.move_on_after(LONGEST_CLOSING):
        await stack.aclose()


Job = Callable[..., Coroutine[Any, Any, Any]]


def job_named(name: str) -> Job:
    """What can be asked for."""
    mine: dict[str, Job] = {"receive": receive, "send": send, "pace": pace}
    if name in mine:
        return mine[name]
    import whole_calls  # of ours, so that the peers' processes do not hold it

    return getattr(whole_calls, name)  # type: ignore[no-any-return]


def main() -> None:
    """Answer jobs until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a client that prints does not get between
    variant = sys.argv[1]
    for line in sys.stdin:
        job = json.loads(line)
        try:
            doing = job_named(job.pop("job"))(variant, **job)
            answer = asyncio.run(asyncio.wait_for(doing, LONGEST_JOB))
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
