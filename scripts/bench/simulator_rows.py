"""What one simulator carries: calls at their pace, and REST requests.

It runs in a process of its own; who calls and asks is the other process, on the same machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import httpx
from figures import Figure, Target
from simulator_load import Load, load, simulator, write_scenario

STEPS, SECONDS = (50, 100, 200, 400), 10.0
LATEST_MS = 100.0
"""Of 99 in 100 of the agent's messages: half of the audio that each carries."""
CONNECTIONS = 8
PACE = f"simulator, calls at pace (p99 within {LATEST_MS:g} ms, nothing lost)"
REQUESTS = "simulator, REST requests per second"

TARGETS: list[Target] = []


def figures(quick: bool) -> Iterator[Figure]:
    """Calls that one simulator holds, what each takes, and requests that it answers."""
    yield from _calls((5,) if quick else STEPS, 2 if quick else SECONDS)
    rounds, seconds = (1, 0.5) if quick else (5, 3)
    with TemporaryDirectory() as folder:
        write_scenario(Path(folder), 1)
        with simulator(Path(folder, "scenario.yaml")) as (_, url):
            asked = httpx.get(f"{url}/v1/agents", headers={"Authorization": "Bearer simulator-key"})
            one = f"/v1/agents/{asked.json()[0]['id']}"
            for name, path in (("list the agents", "/v1/agents"), ("get an agent", one)):
                ask = partial(_requests_per_second, httpx.URL(url), path, seconds)
                rates = [asyncio.run(ask()) for _ in range(rounds)]
                yield Figure(REQUESTS, name, "/s", rates, more_is_better=True)


def _calls(steps: tuple[int, ...], seconds: float) -> Iterator[Figure]:
    """The most calls of `steps` that are held; what a call takes is that of the last ones held."""
    held, found, note = 0, None, ""
    for calls in steps:
        tried = load(calls, seconds)
        if not _is_held(tried):
            tried = load(calls, seconds)  # something else may have been busy
        if not _is_held(tried):
            note = f"of {calls}, p99 is {_late_ms(tried):.0f} ms, lost: {len(tried.wrong)}"
            break
        held, found = calls, tried
    yield Figure(PACE, "vatel", "calls", [held], note, more_is_better=True)
    if found is not None:
        busy, grown = 1000 * found.busy / seconds, found.most - found.idle
        yield Figure("simulator, processor per call", "vatel", "ms/s", [busy / held])
        yield Figure("simulator, memory per call", "vatel", "MB", [grown / held])


def _is_held(found: Load) -> bool:
    return not found.wrong and _late_ms(found) <= LATEST_MS


def _late_ms(found: Load) -> float:
    return quantiles(found.late, n=100)[98] * 1000


async def _requests_per_second(url: httpx.URL, path: str, seconds: float) -> float:
    """Over a few connections, by a client that costs next to nothing."""
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer simulator-key\r\n\r\n"
    end = time.monotonic() + seconds

    async def ask() -> int:
        reader, writer = await asyncio.open_connection(url.host, url.port)
        asked = 0
        while time.monotonic() < end:
            writer.write(request.encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if b" 200 " not in head:
                raise RuntimeError(f"{path}: {head!r}")
            await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
            asked += 1
        writer.close()
        await writer.wait_closed()
        return asked

    return sum(await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))) / seconds
