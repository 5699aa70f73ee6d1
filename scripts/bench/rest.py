"""REST: what vatel costs over bare httpx and json, per call, in memory, and at the first call.

Times per call are taken over httpx's mock transport: neither sockets nor a server are in them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, Callable

import httpx
import rest_programs
from figures import Figure, Target, interleaved
from rest_answers import AGENT, ID, PAGE

from vatel import Client

URL = "https://api.vatel.ai"
BARE = "httpx + json"
GROWTH, GROWTH_ROW = (10, 100, 1000), "REST, list agents, per agent"


@dataclass(frozen=True)
class Operation:
    """What is called, the path and the answer that belong to it, and how often a round calls it."""

    row: str
    method: str
    path: str
    answer: Any
    times: int
    argument: tuple[str, ...] = ()


GET = Operation("REST, get an agent", "agents.get", f"/v1/agents/{ID}", AGENT, 200, (ID,))
LIST = Operation("REST, list 50 agents", "agents.list", "/v1/agents", [AGENT] * 50, 30)
CALLS = Operation("REST, list 100 calls with transcripts", "calls.list", "/v1/calls", PAGE, 3)

TARGETS = [
    Target(operation.row, limit, BARE + kind, "vatel" + kind)
    for operation, limit in ((GET, 1.25), (LIST, 2.0))
    for kind in ("", ", async")
]
TARGETS.append(Target(GROWTH_ROW, 1.3, "100 agents", "1000 agents"))
TARGETS.append(Target(rest_programs.MEMORY.format(100), 0.1, BARE))


def figures(quick: bool) -> Iterator[Figure]:
    """All rows of REST."""
    rounds = 1 if quick else 15
    for operation in (GET, LIST, CALLS):
        with _variants(operation) as variants:
            yield from interleaved(operation.row, "µs", variants, rounds)
    yield from _growth(rounds)
    yield from rest_programs.figures(quick)


def _growth(rounds: int) -> list[Figure]:
    """Time per agent for lists of several lengths: the same, where it is a straight line."""
    with ExitStack() as stack:
        per_agent: dict[str, Callable[[], float]] = {}
        for count in GROWTH:
            listing = Operation("", "agents.list", "/v1/agents", [AGENT] * count, 1000 // count)
            timed = stack.enter_context(_variants(listing))["vatel"]
            per_agent[f"{count} agents"] = partial(_divided, timed, count)
        found = interleaved(GROWTH_ROW, "µs", per_agent, rounds)
    found[0].note = "the request itself is shared by few"
    found[-1].note = "the garbage collector looks through what is there already"
    return found


def _divided(timed: Callable[[], float], count: int) -> float:
    return timed() / count


@contextmanager
def _variants(operation: Operation) -> Iterator[dict[str, Callable[[], float]]]:
    """Microseconds per call of vatel and of httpx, each of which was called once before."""
    content, kind = json.dumps(operation.answer).encode(), {"Content-Type": "application/json"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=content, headers=kind))
    bare: Any = {"base_url": URL, "headers": {"Authorization": "Bearer k"}, "transport": transport}
    group, method = operation.method.split(".")
    loop = asyncio.new_event_loop()
    with httpx.Client(**bare) as sync, httpx.Client(transport=transport) as own:
        free, own_async = httpx.AsyncClient(**bare), httpx.AsyncClient(transport=transport)
        operations = getattr(Client("k", URL, own, own_async), group)
        ask = partial(getattr(operations, method), *operation.argument)
        ask_async = partial(getattr(operations, f"{method}_async"), *operation.argument)

        async def ask_bare_async() -> Any:
            return (await free.get(operation.path)).json()

        def timed_async(ask: Callable[[], Awaitable[Any]]) -> float:
            return loop.run_until_complete(_timed_async(ask, operation.times))

        variants: dict[str, Callable[[], float]] = {
            "vatel": lambda: _timed(ask, operation.times),
            BARE: lambda: _timed(lambda: sync.get(operation.path).json(), operation.times),
            "vatel, async": lambda: timed_async(ask_async),
            f"{BARE}, async": lambda: timed_async(ask_bare_async),
        }
        for measure in variants.values():
            measure()
        yield variants
        loop.run_until_complete(free.aclose())
        loop.run_until_complete(own_async.aclose())
        loop.close()


def _timed(ask: Callable[[], object], times: int) -> float:
    began = perf_counter()
    for _ in range(times):
        ask()
    return (perf_counter() - began) / times * 1e6


async def _timed_async(ask: Callable[[], Awaitable[object]], times: int) -> float:
    began = perf_counter()
    for _ in range(times):
        await ask()
    return (perf_counter() - began) / times * 1e6
