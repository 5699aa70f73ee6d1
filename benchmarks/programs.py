"""Topics about REST requests, import times and what an installation takes."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter
from typing import Any

import processes
from processes import ask, installed, run_program
from report import Figure, Target, Topic, in_turn
from wire import DATA

BARE = "httpx + json"
AGENT, CALL = DATA["agent"], DATA["call"]
CALL["transcript"]["entries"] *= 20
PAGE = {"calls": [CALL] * 100, "pagination": DATA["pagination"]}
REST = {
    "REST, get an agent": ("agents.get", [AGENT["id"]], AGENT, 200),
    "REST, list 50 agents": ("agents.list", [], [AGENT] * 50, 30),
    "REST, list 100 calls with transcripts": ("calls.list", [], PAGE, 3),
}
"""Method of the client, its arguments, the answer, and the number of requests per round."""
GROWTH, SIZES = "REST, list agents, per agent", (10, 100, 1000)

PROGRAMS = {
    "bare interpreter": "",
    "import httpx": "import httpx",
    "import vatel": "import vatel",
    "vatel.Client()": "import vatel; vatel.Client(api_key='k')",
    "everything": """
import vatel, vatel_rt
names = [getattr(module, name) for module in (vatel, vatel_rt) for name in dir(module)]
client = vatel.Client(api_key="k")
groups = [getattr(client, name) for name in dir(client) if not name.startswith("_")]
""",
}
WALL, PROCESSOR = "import, wall time", "import, processor time"
OVER_BARE = f"{WALL} over a bare interpreter"
EXTRAS = {
    "audio": "on Linux, PyAudio is compiled: gcc, python3-dev, portaudio19-dev",
    "aec": "from Python 3.10 on",
    "simulator": "",
    "demo": "",
}


def rest(quick: bool) -> Iterator[Figure]:
    """Measure processor time per request over httpx's mock transport: no sockets, no server."""
    rounds = 1 if quick else 15

    def us(variant: str, operation: tuple[str, list[str], object, int]) -> float:
        client, _, suffix = variant.partition(", ")
        method, arguments, answer, times = operation
        job: dict[str, Any] = {
            "method": method,
            "arguments": arguments,
            "times": times,
            "is_async": bool(suffix),
        }
        return ask(client, "rest", answer=json.dumps(answer), **job)["us"]

    clients = processes.variants(["vatel", BARE])
    names = [client + suffix for suffix in ("", ", async") for client in clients]
    for row, operation in REST.items():
        yield from in_turn(row, "µs", names, partial(us, operation=operation), rounds)

    def us_per_agent(variant: str) -> float:
        count = int(variant.split()[0])
        return us("vatel", ("agents.list", [], [AGENT] * count, 1000 // count)) / count

    if not processes.reference:
        yield from in_turn(GROWTH, "µs", [f"{n} agents" for n in SIZES], us_per_agent, rounds)


def imports(quick: bool) -> Iterator[Figure]:
    """Measure programs that only import, each in a new interpreter."""
    rounds, trees = 1 if quick else 25, processes.variants(["vatel"])

    def ms(clock: Callable[[], float], name: str, variant: str = "vatel") -> float:
        packages, began = installed("", variant), clock()
        run_program(PROGRAMS[name], packages)
        return (clock() - began) * 1000

    for name in PROGRAMS:
        for tree in trees:
            ms(perf_counter, name, tree)  # the first run reads from the disk
    if processes.reference:
        for name in list(PROGRAMS)[2:]:
            row = f"{PROCESSOR}: {name}"
            yield from in_turn(row, "ms", trees, partial(ms, _used, name), rounds)
        return
    walls = in_turn(WALL, "ms", PROGRAMS, partial(ms, perf_counter), rounds)
    yield from walls
    yield from in_turn(PROCESSOR, "ms", PROGRAMS, partial(ms, _used), rounds)
    for figure in walls[1:]:
        over = [ours - bare for ours, bare in zip(figure.values, walls[0].values)]
        yield Figure(OVER_BARE, figure.variant, "ms", over)


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def footprint(quick: bool) -> Iterator[Figure]:
    """Measure size and number of the installed distributions, without and with each extra."""
    for extra, note in {"": "", **({} if quick else EXTRAS)}.items():
        variant = f"vatel[{extra}]" if extra else "vatel"
        try:
            folder = installed(extra, "vatel")
        except subprocess.CalledProcessError as error:
            reason = error.stderr.strip().splitlines()[-1]
            print(f"cannot install {variant} here ({note}): {reason}", file=sys.stderr)
            continue
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
        yield Figure("footprint, installed size", variant, "MB", [size], note)
        count = len(list(folder.glob("*.dist-info")))
        yield Figure("footprint, distributions", variant, "", [count], note)


LIMITS = {"REST, get an agent": 1.25, "REST, list 50 agents": 2}
REST_TARGETS = [
    Target(row, limit, BARE + suffix, "vatel" + suffix)
    for row, limit in LIMITS.items()
    for suffix in ("", ", async")
]
IMPORT_TARGETS = [
    Target(WALL, 1.3, "import httpx", "vatel.Client()"),
    Target(OVER_BARE, 15, None, "import vatel"),
]
TOPICS: dict[str, Topic] = {
    "rest": (rest, [*REST_TARGETS, Target(GROWTH, 1.3, "100 agents", "1000 agents")]),
    "imports": (imports, IMPORT_TARGETS),
    "footprint": (footprint, []),
}
